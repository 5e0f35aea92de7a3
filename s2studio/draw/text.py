"""How wide a text may become, known without a font: by DejaVu Sans, the widest family that pictures ask for."""

from __future__ import annotations

# Advance widths of U+0020 to U+007E in hundredths of the size, DejaVu Sans 2.37.
_WIDTHS = (
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34,
    84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99,
    69, 61, 69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52,
    39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84,
)  # fmt: skip
_FIRST = 32
_OTHER = 84
_BOLD = 1.14
_ELLIPSIS = "…"


def width_px(text: str, size: float, is_bold: bool = False) -> float:
    """Return how many px `text` takes at most at `size` px."""
    hundredths = sum(
        _WIDTHS[ord(letter) - _FIRST] if 0 <= ord(letter) - _FIRST < len(_WIDTHS) else _OTHER for letter in text
    )
    return hundredths * size / 100 * (_BOLD if is_bold else 1.0)


def fitted(text: str, width: float, size: float, is_bold: bool = False) -> str:
    """Return `text`, or as much of its beginning as fits into `width` px with an ellipsis."""
    if width_px(text, size, is_bold) <= width:
        return text
    room = width - width_px(_ELLIPSIS, size, is_bold)
    kept = 0
    while kept < len(text) and width_px(text[: kept + 1], size, is_bold) <= room:
        kept += 1
    return text[:kept].rstrip() + _ELLIPSIS


def wrapped(text: str, width: float, size: float, lines: int) -> list[str]:
    """Return `text` broken between words into at most `lines` lines of `width` px; of a last one its beginning."""
    found, words = [""], text.split()
    for number, word in enumerate(words):
        longer = f"{found[-1]} {word}".strip()
        if width_px(longer, size) <= width or not found[-1]:
            found[-1] = longer
        elif len(found) < lines:
            found.append(word)
        else:
            found[-1] = " ".join((found[-1], *words[number:]))
            break
    return [fitted(line, width, size) for line in found]

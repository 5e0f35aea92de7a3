"""One self-contained HTML page: figures in both themes, tables and key numbers, shown as the reader's system asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from s2studio.draw.picture import Picture
from s2studio.draw.svg import to_svg
from s2studio.draw.theme import FONT_FAMILY, THEMES, Theme

_CSS = """
* { box-sizing: border-box; }
body { margin: 0; background: var(--background); color: var(--text); font: 15px/1.5 FONT; }
main { max-width: 1240px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 20px; margin: 48px 0 12px; }
p { margin: 0 0 12px; max-width: 80ch; }
.muted, th, caption { color: var(--muted); }
a { color: var(--accent); }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 16px 0 24px; font-size: 13px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); gap: 12px; }
.card { background: var(--surface); border: 1px solid var(--border); border-radius: 8px; padding: 12px 16px; }
.card b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; }
.card span { font-size: 13px; color: var(--muted); }
.mark { font-size: 11px; border-radius: 4px; padding: 1px 6px; background: var(--raised); color: var(--muted); }
figure { margin: 24px 0; border: 1px solid var(--border); border-radius: 8px; overflow: hidden; }
figure svg { display: block; width: 100%; height: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th { font-weight: 400; text-align: left; vertical-align: bottom; }
th, td { padding: 4px 24px 4px 0; border-bottom: 1px solid var(--grid); white-space: nowrap; }
td.words { white-space: normal; min-width: 22ch; }
th.number, td.number { text-align: right; }
.swatch { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 8px; }
summary { cursor: pointer; margin: 12px 0; color: var(--accent); }
.warning { border-left: 3px solid var(--warning); padding-left: 12px; }
.of-dark { display: none; }
@media (prefers-color-scheme: dark) { .of-dark { display: block; } .of-light { display: none; } }
@media print { .of-dark { display: none; } .of-light { display: block; } figure, .card { break-inside: avoid; } }
"""
_MARKED = "exact", "measured", "derived", "estimate"


@dataclass(frozen=True)
class Number:
    """A key number: what it is, its value with unit, and how sure it is (exact, measured, estimate)."""

    label: str
    value: str
    mark: str


@dataclass(frozen=True)
class Heading:
    """The heading of a column; `kind` is `number`, `words` (may break) or empty, `mark` how sure its numbers are."""

    text: str
    kind: str = ""
    mark: str = ""


def page(title: str, subtitle: str, sections: Sequence[tuple[str, str]]) -> str:
    """Return the page; `sections` are pairs of a heading and what stands under it, as HTML."""
    links = "".join(f'<a href="#{_anchor(name)}">{escape(name)}</a>' for name, _ in sections)
    body = "".join(f'<h2 id="{_anchor(name)}">{escape(name)}</h2>\n{part}\n' for name, part in sections)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{_text(title)}</title>\n<style>{_style()}</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{_text(title)}</h1>\n<p class="muted">{_text(subtitle)}</p>\n<nav>{links}</nav>\n{body}'
        "</main>\n</body>\n</html>\n"
    )


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph of plain text."""
    return f'<p class="{kind}">{_text(text)}</p>' if kind else f"<p>{_text(text)}</p>"


def cards(numbers: Iterable[Number]) -> str:
    """Return key numbers side by side."""
    return '<div class="cards">' + "".join(map(_card, numbers)) + "</div>"


def figure(light: Picture, dark: Picture) -> str:
    """Return a picture drawn for both themes, of which the reader sees one."""
    return "".join(
        [
            f'<figure aria-label="{_text(light.title)}">',
            f'<div class="of-light">{to_svg(light)}</div>',
            f'<div class="of-dark">{to_svg(dark)}</div>',
            "</figure>",
        ]
    )


def rows(headings: Sequence[Heading], cells: Iterable[Sequence[str]], colours: Sequence[str] = ()) -> str:
    """Return a table of texts; `colours` mark its rows."""
    head = "".join(f"<th{_kind(heading)}>{_text(heading.text)}{_mark(heading.mark)}</th>" for heading in headings)
    body = []
    for index, row in enumerate(cells):
        mark = f'<i class="swatch" style="background:{colours[index]}"></i>' if index < len(colours) else ""
        fields = [f"<td{_kind(heading)}>{_text(cell)}</td>" for heading, cell in zip(headings, row, strict=True)]
        if mark:
            fields[0] = fields[0].replace(">", f">{mark}", 1)
        body.append(f"<tr>{''.join(fields)}</tr>")
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'


def folded(summary: str, inside: str) -> str:
    """Return what is shown only when the reader opens it."""
    return f"<details><summary>{_text(summary)}</summary>{inside}</details>"


def _card(number: Number) -> str:
    return f'<div class="card"><span>{_text(number.label)}</span><b>{_text(number.value)}</b>{_mark(number.mark)}</div>'


def _mark(mark: str) -> str:
    return f' <i class="mark">{_text(mark)}</i>' if mark in _MARKED else ""


def _kind(heading: Heading) -> str:
    return f' class="{heading.kind}"' if heading.kind else ""


def _style() -> str:
    light, dark = (_variables(THEMES[name]) for name in ("light", "dark"))
    print_ = f"@media print {{ :root {{ {light} }} }}"
    families = FONT_FAMILY.replace('"', "'")
    themed = f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n{print_}"
    return themed + _CSS.replace("FONT", families)


def _variables(theme: Theme) -> str:
    names = ("background", "surface", "raised", "border", "grid", "text", "muted", "accent", "warning", "bad")
    return " ".join(f"--{name}: {getattr(theme, name)};" for name in names)


def _anchor(name: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.lower())


def _text(text: str) -> str:
    """Return `text` escaped; what HTML cannot hold is replaced."""
    kept = "".join(letter if letter >= " " or letter in "\t\n" else "\ufffd" for letter in text)
    return escape(kept.encode("utf-8", "replace").decode("utf-8"))

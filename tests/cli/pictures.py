"""Pictures of what the commands print, for the manual: python -m tests.cli.pictures [FOLDER] [COMMAND ...]

Runs every command on the samples, in a folder of its own, and writes what each printed as SVG.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from s2studio.draw.theme import THEMES
from s2studio.session.reader import open_session
from tests.conftest import REPOSITORY
from tests.session.board_results import results_of, write_results
from tests.system.test_overload import NETWORK, stimuli

PICTURES = REPOSITORY / "docs/images/commands"
MOST_LINES, MOST_COLUMNS = 40, 180
CELL_PX, LINE_PX, FONT_PX, EDGE_PX = 7.2, 16.0, 12, 16
DIGITS, LIF = "sample_projects/event_digits/project.yaml", "sample_projects/lif_neuron/project.yaml"
OVERLOAD = "overload/net.yaml"
# What each command is shown with, in the order in which they need each other.
LINES = {
    "info": f"info {DIGITS}",
    "stimulus": "stimulus sample_projects/event_digits/recordings/00.bin",
    "lower": f"lower {DIGITS}",
    "estimate": f"estimate {DIGITS} --rate 20",
    "map": f"map {DIGITS} -o digits.yaml",
    "run": f"run {DIGITS} --level auto -o digit.s2s",
    "demo": "demo -o demo.s2s",
    "evaluate": f"evaluate {DIGITS} --data sample_projects/event_digits/recordings --bin 1e-3",
    "sweep": f"sweep {DIGITS} --over scale=max,percentile:99.9 --over level=low,auto -o sweep.csv",
    "advise": "advise digit.s2s",
    "levels": "levels digit.s2s",
    "race": f"race {DIGITS} --seeds 2 -o best.yaml",
    "compare": "compare digit.s2s high.s2s",
    "why": "why late.s2s",
    "literature": "literature digit.s2s",
    "export": "export digit.s2s --format csv -o digit_csv",
    "render": "render digit.s2s --view power -o power.svg",
    "chip": "chip",
    "import": "import results.npz --session lif.s2s -o board.s2s",
    "calibrate": "calibrate lif.s2s --board results.npz -o mine.yaml",
}


def main(folder: Path, names: list[str]) -> None:
    """Write the pictures of the commands `names` (empty: all) into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as kept, contextlib.chdir(kept):
        _bring()
        for name, line in LINES.items():
            printed = _printed(line) or _listed(Path(shlex.split(line)[-1]))
            if not names or name in names:
                (folder / f"{name}.svg").write_text(picture(line, printed), encoding="utf-8")


def picture(line: str, printed: str) -> str:
    """Return the line of a command and what it printed as SVG; what is too long is cut, and says so."""
    lines = printed.rstrip().splitlines()
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"… and {len(lines) - MOST_LINES} lines more"]
    lines = [text if len(text) <= MOST_COLUMNS else text[: MOST_COLUMNS - 1] + "…" for text in lines]
    theme = THEMES["dark"]
    asked = f"$ s2studio {line}"
    width = EDGE_PX * 2 + CELL_PX * max(map(len, [asked, *lines]))
    height = EDGE_PX * 2 + LINE_PX * (len(lines) + 1)
    rows = [(asked, theme.accent), *((text, theme.text) for text in lines)]
    texts = "\n".join(
        f'<text x="{EDGE_PX}" y="{EDGE_PX + LINE_PX * (row + 0.75):g}" fill="{colour}"'
        f' textLength="{CELL_PX * len(text):.1f}" lengthAdjust="spacingAndGlyphs">{_escaped(text)}</text>'
        for row, (text, colour) in enumerate(rows)
        if text.strip()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" '
        f'font-size="{FONT_PX}" xml:space="preserve">\n'
        f'<rect width="{width:.0f}" height="{height:.0f}" rx="6" fill="{theme.surface}"/>\n{texts}\n</svg>\n'
    )


def _bring() -> None:
    """Put into the working directory what the commands read: samples, a network that is late, what a board returned."""
    shutil.copytree(REPOSITORY / "sample_projects", "sample_projects")
    Path("overload").mkdir()
    Path(OVERLOAD).write_text(NETWORK, encoding="utf-8")
    given = shlex.join(map(str, stimuli(Path("overload"))))
    for line in (
        f"run {OVERLOAD} {given} --engine per_pe -o late.s2s",
        f"run {DIGITS} --level high -o high.s2s",
        f"run {LIF} -o lif.s2s",
    ):
        _printed(line)
    write_results(Path("results.npz"), results_of(open_session(Path("lif.s2s")).run()))


def _printed(line: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "s2studio", *shlex.split(line)]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def _listed(path: Path) -> str:
    """Return what was written to `path`, as `ls` shows it."""
    names = sorted(item.name for item in path.iterdir()) if path.is_dir() else [path.name]
    return "\n".join([f"$ ls {path}", *names])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if sys.argv[1:] else PICTURES, sys.argv[2:])

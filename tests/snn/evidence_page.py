"""The page docs/evidence.md, made from resources/evidence.yaml: python tests/snn/evidence_page.py > docs/evidence.md"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from s2studio.snn.evidence import Evidence, evidence_table

HEAD = """\
# What stands behind each feature

This page is made from [resources/evidence.yaml](../resources/evidence.yaml) by `tests/snn/evidence_page.py`.
`s2studio chip --evidence` prints the same, and `s2studio info MODEL --json` what stands behind each population.

* **recording**: spikes or voltages that a SpiNNaker2 chip returned are met exactly, by a test of s2studio.
* **equation**: published, or read in public code; no recording has been at hand.
* **reading**: neither says it; this is how we read what is there.
"""


def page() -> str:
    """Return the text of the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    table = evidence_table()
    yield HEAD
    yield from ("## Of a network", "", *_table(table.features), "", "## Of the chip", "", *_table(table.chip), "")
    yield from ("## Sources", "", *(f"* **{name}**: {text}" for name, text in table.sources.items()))


def _table(rows: Mapping[str, Evidence]) -> Iterator[str]:
    yield "| feature | stands on | source | note |"
    yield "|---|---|---|---|"
    for row in rows.values():
        yield f"| {row.title} | {row.stands_on} | {row.source} | {row.note} |"


if __name__ == "__main__":
    sys.stdout.write(page())

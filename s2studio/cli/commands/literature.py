"""`s2studio literature`: published figures, and those of your own, beside what a run gave."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from s2studio.cli.command import print_json, takes
from s2studio.cli.options import AsJson, RunNumber

Session = Annotated[Path | None, typer.Argument(metavar="[SESSION]", help="A session whose results stand beside them.")]
Add = Annotated[
    Path | None,
    typer.Option("--add", metavar="FILE", help="Keep a file of your own figures: reports and the window show it too."),
]
KindName = Annotated[
    str | None, typer.Option("--kind", metavar="KIND", help="energy, power, latency, throughput or accuracy.")
]


@takes()
def literature(
    session: Session = None, add: Add = None, kind: KindName = None, run: RunNumber = 0, as_json: AsJson = False
) -> None:
    """List published figures of the chip and of what it was compared with, beside a run's results and clearly apart."""
    from s2studio.analysis.beside import simulated
    from s2studio.analysis.literature import KINDS, add_figures, literature_for

    if add is not None:
        add_figures(add)
    kinds = KINDS if kind is None else (kind,)
    published = {one: literature_for(one) for one in kinds}
    results = () if session is None else simulated(_summary(session, run))
    shown = [one for one in results if one.kind in kinds]
    if as_json:
        said: dict[str, Any] = {
            "published": [asdict(figure) for figures in published.values() for figure in figures],
            "simulated": [asdict(one) for one in shown],
        }
        print_json(said)
    else:
        from s2studio.cli.show_literature import show_literature

        show_literature(published, shown)


def _summary(session: Path, run: int) -> dict[str, Any]:
    from s2studio.session.reader import open_session

    return open_session(session).run(run).summary()

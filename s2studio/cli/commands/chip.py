"""`s2studio chip`: every number of the chip file with its source, and the power model beside the measurements."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from s2studio.chip.loader import load_chip, make_machine
from s2studio.cli.command import print_json, takes
from s2studio.cli.options import AsJson
from s2studio.sim.energy import power_check

Name = Annotated[str, typer.Argument(help="A chip that ships (spinnaker2, benchmark) or a YAML file.")]


Evidence = Annotated[bool, typer.Option("--evidence", help="Say instead what stands behind each feature.")]


@takes()
def chip(name: Name = "spinnaker2", evidence: Evidence = False, as_json: AsJson = False) -> None:
    """Print what s2studio knows of the chip: every number with unit, source and how sure it is."""
    if evidence:
        _print_evidence(as_json)
    else:
        _print_chip(name, as_json)


def _print_evidence(as_json: bool) -> None:
    from s2studio.snn.evidence import evidence_table

    table = evidence_table()
    if as_json:
        print_json(asdict(table))
    else:
        from s2studio.cli.show import show_evidence

        show_evidence(table)


def _print_chip(name: str, as_json: bool) -> None:
    spec = load_chip(name)
    checks = power_check(spec)
    if as_json:
        print_json(
            {
                "name": spec.name,
                "title": spec.title,
                "label": spec.label,
                "is_spinnaker2": spec.is_spinnaker2,
                "digest": spec.digest,
                "runtimes": {
                    runtime: {"title": about.title, "usable_pes": len(make_machine(spec, runtime).usable_pes)}
                    for runtime, about in spec.runtimes.items()
                },
                "quantities": [asdict(quantity) for quantity in spec.quantities.values()],
                "power_check": [asdict(check) for check in checks],
            }
        )
    else:
        from s2studio.cli.show import show_chip

        show_chip(spec, checks)

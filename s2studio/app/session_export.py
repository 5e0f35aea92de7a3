"""Exports of a session: the formats of `session.export`, and the one that draws pictures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from s2studio.app.layer_report import write_layer_report
from s2studio.app.report import write_report
from s2studio.session.export import EXPORTERS, Exporter, one_row
from s2studio.session.export import estimate as estimate_by_table
from s2studio.session.export import export as export_by_table

REPORT = "report"
FORMATS: Mapping[str, Exporter] = {
    **EXPORTERS,
    REPORT: Exporter(
        "HTML report with pictures, in one file",
        write_report,
        ".html",
        (REPORT,),
        one_row,
        write_layer_report,
        (REPORT,),
    ),
}

# As in `session.export`, with all formats.
export = partial(export_by_table, formats=FORMATS)
estimate = partial(estimate_by_table, formats=FORMATS)

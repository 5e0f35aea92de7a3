"""The report of a run of layers: one HTML page with its layers, time, energy and mapping, and how sure each is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from s2studio.app.layer_scene import draw_layers, layer_scene_of_run
from s2studio.draw.frame import Look
from s2studio.draw.html import Heading, Number, cards, figure, page, paragraph, rows
from s2studio.draw.theme import THEMES
from s2studio.session.export.layer_part import LayerExport
from s2studio.session.layer_run import LayerRun
from s2studio.session.run import Progress
from s2studio.session.window import Window
from s2studio.units import counted, estimated, said, with_unit

Json = Mapping[str, Any]
_WIDTH, _HEIGHT = 1200, 720
_SURE = (
    ("The outputs", "exact", "int8 as the MAC arrays, the exponential unit and the ARM core compute it"),
    ("Tilings, bytes, multiplications", "exact", "for the mapping shown; the board's own search is not published"),
    ("Power of the chip asleep, busy and with its MAC arrays at work", "measured", "the chip paper"),
    ("13 µs a layer, 39 µs before and 93 µs after an inference", "measured", "arXiv:2507.13736"),
    ("All other times, and so energies", "estimate", "constants under `dnn` of the chip file; the DRAM's rate"),
    ("Energy of DRAM devices", "estimate", "40 pJ a byte; beside the chip's energy, not in it"),
)


def write_layer_report(part: LayerExport, path: Path, progress: Progress) -> None:
    """Write the report of a run of layers to the file `path`."""
    progress(0, 1)
    path.write_text(layer_report_html(part.run), encoding="utf-8")


def layer_report_html(run: LayerRun) -> str:
    """Return the page."""
    about = run.summary()
    chip = f"{about['chip']} ({about['chip_label']})" if about["chip_label"] else about["chip"]
    rate = f"DRAM {about['dram_bytes_per_s'] / 1e9:g} GB/s"
    subtitle = f"{chip}, level {about['level']}, {rate}, {counted(about['inferences'], 'inference')}"
    sections = [
        ("Inference", _cards(about) + _rates(about)),
        ("Schedule", _picture(run, "schedule")),
        ("Layers", _picture(run, "layers") + _layers(about)),
        ("Mapping", _picture(run, "mesh") + _mapping(about) + _dram(run)),
        ("Energy", _energy(about)),
        ("How sure", _sure()),
    ]
    return page(f"{about['network']}, layer by layer", subtitle, sections)


def _picture(run: LayerRun, view: str) -> str:
    scene = layer_scene_of_run(run, Window())
    light, dark = (draw_layers(scene, view, Look(THEMES[name], _WIDTH, _HEIGHT)) for name in ("light", "dark"))
    return figure(light, dark)


def _cards(about: Json) -> str:
    numbers = (
        Number("First inference", said(about, "first_inference_s"), "estimate"),
        Number("A later inference", said(about, "inference_s"), "estimate"),
        Number("Energy of an inference", said(about, "energy_j"), "estimate"),
        Number("DRAM devices beside it", said(about, "dram_energy_j"), "estimate"),
        Number("Mean power", said(about, "mean_power_w"), "estimate"),
        Number("Multiplications", with_unit(about["macs"], "MACs"), "exact"),
        Number("PEs", str(about["pes_used"]), "exact"),
    )
    return cards(numbers) + "".join(paragraph(note) for note in about["notes"])


def _rates(about: Json) -> str:
    heads = [Heading("DRAM"), *(Heading(text, "number", "estimate") for text in ("first inference", "later", "energy"))]
    cells = [
        (
            f"{row['dram_bytes_per_s'] / 1e9:g} GB/s",
            with_unit(row["first_inference_s"], "s"), with_unit(row["inference_s"], "s"),
            with_unit(row["energy_j"], "J"),
        )
        for row in about["rates"]
    ]  # fmt: skip
    return paragraph("The DRAM's sustained rate is not published:") + rows(heads, cells)


def _layers(about: Json) -> str:
    estimates, counted_ = ("time", "energy", "DRAM", "MLA", "MLA at work"), ("read", "written", "signal to noise")
    heads = [
        *(Heading("layer", "words"), Heading("operator")),
        *(Heading(text, "number", "estimate") for text in estimates),
        *(Heading(text, "number", "exact") for text in counted_),
    ]
    cells = [
        (
            row["name"], row["operator"], said(row, "time_s"), said(row, "energy_j"),
            *(_share(row, name) for name in ("dram_share", "mla_utilisation", "mla_share")),
            f"{row['read_bytes']:,} B", f"{row['written_bytes']:,} B",
            "exact" if row["snr_db"] is None else f"{row['snr_db']:.1f} dB",
        )
        for row in about["layers"]
    ]  # fmt: skip
    words = "DRAM: share of the layer's time in which it moves bytes. MLA: share of its multipliers, while it runs."
    words += " Signal to noise: what the layer makes in int8 beside float."
    return paragraph(words) + rows(heads, cells)


def _mapping(about: Json) -> str:
    heads = [
        Heading("layer", "words"), Heading("tile, rows x depth x columns"),
        *(Heading(text, "number") for text in ("PEs", "parts", "in a PE")), Heading("weights"),
    ]  # fmt: skip
    cells = [
        (
            row["name"], " x ".join(f"{length:,}" for length in row["tile"]), str(row["workers"]), str(row["parts"]),
            f"{row['sram_bytes']:,} B", "stay" if row["is_resident"] else "prefetched" if row["prefetches"] else "",
        )
        for row in about["layers"]
    ]  # fmt: skip
    return rows(heads, cells)


def _dram(run: LayerRun) -> str:
    heads = [Heading("in DRAM"), Heading("of", "words"), Heading("address"), Heading("bytes", "number")]
    cells = [
        (region.kind, region.name, f"0x{region.address:08x}", f"{region.bytes:,} B")
        for region in run.about.mapping.dram
    ]
    return rows(heads, cells)


def _energy(about: Json) -> str:
    total = about["energy_j"]
    entries = sorted(about["energy_by_stage_j"].items(), key=lambda entry: -entry[1])
    low, high = about["energy_by_stage_low_j"], about["energy_by_stage_high_j"]
    cells = [
        (name.replace("_", " "), estimated(value, low[name], high[name], "J"), f"{value / total:.1%}")
        for name, value in entries
    ]
    return rows([Heading("what"), *(Heading(text, "number", "estimate") for text in ("energy", "share"))], cells)


def _sure() -> str:
    return rows([Heading("number", "words"), Heading("mark"), Heading("why", "words")], _SURE)


def _share(row: Json, name: str) -> str:
    if row[name] is None:
        return ""
    return estimated(row[name], row[f"{name}_low"], row[f"{name}_high"], "%")

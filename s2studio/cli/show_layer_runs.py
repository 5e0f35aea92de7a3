"""Mapped and simulated deep networks on the terminal: layers, memory, times, advice, two runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from s2studio.analysis.layer_advice import LayerAdvice, headline
from s2studio.analysis.layer_compare import LayerComparison, LayerDifference
from s2studio.cli.tables import new_console, print_table
from s2studio.marks import mark_of
from s2studio.units import counted, estimated, said, with_unit

Json = Mapping[str, Any]
# Regions of the DRAM image that are listed, the largest first.
REGIONS = 12
# Layers that differ and are listed, those whose time differs most first.
LAYERS = 12


def show_layer_mapping(about: Json) -> None:
    """Print how each layer is cut, and what PEs and DRAM hold."""
    console = new_console()
    head = ("layer", "operator", "of one product", ">PEs", ">parts", "tile", ">in a PE", "weights", ">time")
    print_table(console, "Layers (times are estimates)", head, [_tiling(row) for row in about["layers"]])
    regions = sorted(about["dram_image"], key=lambda region: -region["bytes"])
    rows = [
        (region["kind"], region["name"], f"0x{region['address']:08x}", f"{region['bytes']:,} B")
        for region in sorted(regions[:REGIONS], key=lambda region: region["address"])
    ]
    title = (
        "DRAM image" if len(regions) <= REGIONS else f"DRAM image, the largest {REGIONS} of {len(regions):,} regions"
    )
    print_table(console, title, ("what", "of", "address", ">bytes"), rows)
    console.print(f"chip         {_chip(about)}, level {about['level']}, scheduler {about['scheduler']}")
    console.print(f"PEs          {about['pes_used']} of {about['pes_available']}")
    kept = about["resident_bytes_per_pe"]
    staying = f", {kept:,} B of weights stay" if kept else ", no weights stay"
    console.print(f"memory       {about['free_bytes_per_pe']:,} B of each PE for tiles{staying}")
    console.print(f"DRAM         {about['dram_image_bytes']:,} B")
    console.print(f"inference    {_inference(about)}   (estimate)")
    for text in about["assumed"]:
        console.print(f"assumed      {text}")
    for text in about["notes"]:
        console.print(f"note         {text}", markup=False)


def show_layer_run(summary: Json) -> None:
    """Print what a run of layers found: one screen and a row for each layer."""
    console = new_console()
    head = ("layer", "operator", ">PEs", ">parts", "tile", ">time", ">DRAM", ">MLA", ">energy", ">SNR")
    rows = [
        (
            row["name"], row["operator"], str(row["workers"]), str(row["parts"]), _tile(row),
            said(row, "time_s"), f"{row['dram_share']:.0%}",
            "" if row["mla_utilisation"] is None else f"{row['mla_utilisation']:.0%}", said(row, "energy_j"),
            "exact" if row["snr_db"] is None else f"{row['snr_db']:.1f} dB",
        )
        for row in summary["layers"]
    ]  # fmt: skip
    title = (
        "Layers (times and energies are estimates; DRAM: share of the time; MLA: of its multipliers, while it runs; "
        "SNR: int8 beside float)"
    )
    print_table(console, title, head, rows)
    console.print(f"chip         {_chip(summary)}, {summary['pes_used']} PEs, level {summary['level']}")
    macs, operations = with_unit(summary["macs"], "MACs"), 2 * summary["macs"]
    rate, low, high = (operations / summary[f"inference{end}_s"] for end in ("", "_high", "_low"))
    inferences = counted(summary["inferences"], "inference")
    console.print(f"ran          {inferences} of {macs}: {estimated(rate, low, high, 'OPS')}   (estimate)")
    if summary["resident_layers"]:
        layers = counted(summary["resident_layers"], "layer")
        console.print(f"SRAM         weights of {layers} stay, {summary['resident_bytes_per_pe']:,} B of a PE")
    console.print(f"inference    {_inference(summary)}   (estimate)")
    for row in summary["rates"]:
        first, later = with_unit(row["first_inference_s"], "s"), with_unit(row["inference_s"], "s")
        energy = with_unit(row["energy_j"], "J")
        console.print(
            f"             DRAM at {row['dram_bytes_per_s'] / 1e9:g} GB/s: {first} first, {later} later, {energy}"
        )
    energy, mean, dram = (said(summary, name) for name in ("energy_j", "mean_power_w", "dram_energy_j"))
    console.print(f"energy       {energy} an inference, {mean}; DRAM devices {dram} beside it   (estimate)")
    stages = sorted(summary["energy_by_stage_j"].items(), key=lambda entry: -entry[1])[:5]
    low, high = summary["energy_by_stage_low_j"], summary["energy_by_stage_high_j"]
    parts = (f"{name.replace('_', ' ')} {estimated(value, low[name], high[name], 'J')}" for name, value in stages)
    console.print("             " + ", ".join(parts))
    for note in summary["notes"]:
        console.print(Text(f"note         {note}", style="yellow"))
    console.print(f"session      {summary['session']}", markup=False)


def show_layer_advice(advice: LayerAdvice) -> None:
    """Print what bounds the latency, and what changes it."""
    console = new_console()
    console.print(Text(headline(advice), style="bold"))
    shares = sorted(advice.shares.items(), key=lambda entry: -entry[1])
    parts = (f"{name} {share:.0%} ({_percent(*advice.share_ends[name])})" for name, share in shares)
    console.print("             " + ", ".join(parts) + "   (estimate)")
    console.print()
    rows = [(each.layer, estimated(each.time_s, *each.ends_s, "s"), each.bound) for each in advice.longest]
    print_table(console, "Layers that take longest (estimates)", ("layer", ">time", "mostly"), rows)
    fixes = [
        (
            fix.title, fix.option, estimated(fix.first_inference_s, *fix.first_ends_s, "s"),
            estimated(fix.inference_s, *fix.ends_s, "s"), f"{fix.inference_s / advice.inference_s - 1:+.1%}",
            estimated(fix.energy_j, *fix.energy_ends_j, "J"),
            f"{fix.energy_j / advice.energy_j - 1:+.1%}",
        )
        for fix in advice.fixes
    ]  # fmt: skip
    head = ("change", "option", ">first", ">a later one", ">", ">energy", ">")
    print_table(console, "What changes it (each mapped and simulated again; estimates)", head, fixes)


def show_layer_comparison(comparison: LayerComparison, violated: Sequence[str]) -> None:
    """Print how two runs of layers differ."""
    console = new_console()
    console.print(f"A            {comparison.a}", markup=False)
    console.print(f"B            {comparison.b}", markup=False)
    for note in comparison.notes:
        console.print(Text(f"note         {note}", style="yellow"))
    console.print(_verdict(comparison))
    console.print()
    rows = [
        (
            f"{number.key} (estimate)" if mark_of(number.key) == "estimate" else number.key,
            f"{number.a:,.6g}", f"{number.b:,.6g}",
            "" if number.relative is None else f"{number.relative:+.2%}",
        )
        for number in comparison.numbers
        if number.change
    ]  # fmt: skip
    print_table(console, "Numbers that differ", ("number", ">A", ">B", ">change"), rows)
    _layer_differences(console, comparison.layers)
    for text in violated:
        console.print(Text(f"violated     {text}", style="bold red"))


def _layer_differences(console: Console, layers: Sequence[LayerDifference]) -> None:
    differing = [row for row in layers if row.time_a_s != row.time_b_s]
    differing.sort(key=lambda row: -abs((row.time_b_s or 0) - (row.time_a_s or 0)))
    rows = [
        (row.name, *("" if time_s is None else with_unit(time_s, "s") for time_s in (row.time_a_s, row.time_b_s)),
         *("" if parts is None else str(parts) for parts in (row.parts_a, row.parts_b)))
        for row in differing[:LAYERS]
    ]  # fmt: skip
    title = f"Layers whose time differs (estimates), {len(rows)} of {len(differing):,}"
    print_table(console, title, ("layer", ">time A", ">time B", ">parts A", ">parts B"), rows)


def _verdict(comparison: LayerComparison) -> Text:
    if comparison.equal is None:
        return Text("outputs      cannot be compared", style="yellow")
    if comparison.equal:
        how = "by their content hashes" if comparison.by_hash else "value by value"
        return Text(f"outputs      equal, {how}", style="bold green")
    first = comparison.first
    where = "" if first is None else f", first in inference {first.inference}, {first.tensor}[{first.index}]"
    values = "" if first is None else f": {first.a} and {first.b}"
    return Text(f"outputs      differ{where}{values}", style="bold red")


def _tiling(row: Json) -> Sequence[str]:
    size = "" if not row["macs"] else f"{row['m']:,} x {row['k']:,} x {row['n']:,}"
    if row["macs"] and row["batch"] > 1:
        size += f", {row['batch']} times"
    weights = "stay" if row["is_resident"] else "prefetched" if row["prefetches"] else ""
    return (
        row["name"], row["operator"], size, str(row["workers"]), str(row["parts"]), _tile(row),
        f"{row['sram_bytes']:,} B", weights, said(row, "time_s"),
    )  # fmt: skip


def _percent(low: float, high: float) -> str:
    first, last = f"{low:.0%}", f"{high:.0%}"
    return first if first == last else f"{first.removesuffix('%')} to {last}"


def _tile(row: Json) -> str:
    rows, depth, columns = row["tile"]
    if row["tile_image"]:
        height, width = row["tile_image"]
        return f"{height} x {width} pixels, {depth:,} deep, {columns} channels"
    return f"{rows:,} x {depth:,} x {columns}" if row["macs"] else f"{rows:,} rows of {depth:,}"


def _inference(about: Json) -> str:
    first, later = (said(about, name) for name in ("first_inference_s", "inference_s"))
    return first if first == later else f"{first} the first, {later} a later one"


def _chip(about: Json) -> str:
    return f"{about['chip']} ({about['chip_label']})" if about["chip_label"] else str(about["chip"])

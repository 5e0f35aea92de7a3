"""A deep network on the terminal: its layers before and after fusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from s2studio.cli.tables import new_console, print_table

HEAD = ("layer", "operator", "output", ">parameters", ">MACs")
INT8 = ("layer", "operator", "step", "of the weights", ">signal to noise", ">change", ">clipped", ">largest sum")
WEIGHTS = ("layer", ">weights", "step", ">clipped", ">signal to noise", ">one step for all", ">largest sum")

# More columns of a confusion matrix than these are no table to look at: `--json` has it.
MOST_COLUMNS = 20


def show_layers(about: Mapping[str, Any]) -> None:
    """Print what `info` says of a deep network."""
    console = new_console()
    name = Text(about["name"], "bold")
    console.print(name, f"{about['parameters']:,} parameters, {about['macs']:,} MACs per inference", sep="   ")
    for title in ("inputs", "outputs"):
        console.print(f"{title:9}", ", ".join(f"{row['name']} ({_shape(row['shape'])})" for row in about[title]))
    console.print()
    print_table(console, "Layers in the file", HEAD, [_row(row) for row in about["layers"]])
    if len(about["fused"]) < len(about["layers"]):
        print_table(console, "After fusion", HEAD, [_row(row) for row in about["fused"]])
    print_table(console, "Weights as int8", WEIGHTS, [_weights_row(row, about) for row in about["weights"]])
    if about["int8"] is not None:
        sizes = about["int8"]
        largest = f"{sizes['largest_layer_bytes']:,} B at most between two layers, around '{sizes['largest_layer']}'"
        text = f"int8     {sizes['weight_bytes']:,} B of weights, tensors of {sizes['tensor_bytes']:,} B, {largest}"
        console.print(text, markup=False)
    for node in about["unsupported"]:
        text = f"not covered: node '{node['node']}' ({node['type_name']}): {node['reason']}; {node['remedy']}"
        console.print(Text(text, style="red"))
    if about["unreached"]:
        console.print(f"{about['unreached']:,} nodes behind what is not covered were not looked at")


def show_int8(about: Mapping[str, Any]) -> None:
    """Print what int8 does to a deep network, layer by layer."""
    console = new_console()
    tensors = (*about["inputs"], *about["layers"])
    pairs = [row["pair"] for row in tensors if row["pair"] is not None]
    head: tuple[str, ...] = INT8
    rows = [_int8_row(row, about) for row in tensors]
    if pairs:
        head, rows = (
            (*head, "step in the file"),
            [(*cells, _pair(row)) for cells, row in zip(rows, tensors, strict=True)],
        )
    print_table(console, f"int8 beside {'the file' if pairs else 'float'}", head, rows)
    if pairs:
        kept = sum(pair["is_kept"] for pair in pairs)
        console.print(f"pairs        {len(pairs)} folded: {kept} with their own steps, {len(pairs) - kept} to new ones")
    best, *others = about["trials"]
    said = "".join(f"; {_trial(trial)}: {trial['snr_db']:.1f} dB" for trial in others)
    console.print(f"taken        {_trial(best)}: outputs at {best['snr_db']:.1f} dB on the samples that choose{said}")
    if about["first_growth"]:
        console.print(f"noise grows  first in '{about['first_growth']}', whose share of noise is twice its inputs'")
    for name in about["overflows"]:
        console.print(Text(f"warning      the accumulator overflows for '{name}'", style="yellow"))
    console.print(f"same answer  {about['same_answer']:,} of {about['samples']:,} samples")


def show_layer_evaluation(about: Mapping[str, Any]) -> None:
    """Print how a deep network does on a data set, float and in int8."""
    console = new_console()
    if about["confusion"] is not None and len(about["confusion"]) <= MOST_COLUMNS:
        outputs = range(len(about["confusion"]))
        rows = [(str(label), *map(str, row)) for label, row in enumerate(about["confusion"])]
        print_table(console, "Labels (rows) and predictions in int8 (columns)", ("", *(f">{n}" for n in outputs)), rows)
    for name in ("float", "int8"):
        scores = about[name]
        if scores is not None:
            right = f"{scores['accuracy']:.2%}, {scores['right']:,} of {about['answers']:,}"
            console.print(Text(f"{name:12} {right}, loss {scores['loss']:.4f} nats", style="bold"))
    console.print(f"same answer  {about['same_answer']:,} of {about['answers']:,}, in {about['samples']:,} samples")
    share = about["largest_sum"] / about["accumulator_limit"]
    style = "yellow" if share > 1 else ""
    console.print(Text(f"largest sum  {share:.1%} of the accumulator", style=style))


def _int8_row(row: Mapping[str, Any], about: Mapping[str, Any]) -> Sequence[str]:
    least, most = row["weight_exponent_least"], row["weight_exponent_most"]
    return (
        row["name"],
        row.get("operator", "input"),
        ""
        if row["exponent"] is None
        else f"2^{-row['exponent']}" + ("" if row["dtype"] == "int8" else f" {row['dtype']}"),
        "" if least is None else _steps(least, most),
        "exact" if row["snr_db"] is None else f"{row['snr_db']:.1f} dB",
        "" if row["growth_db"] is None else f"{-row['growth_db']:+.1f} dB",
        f"{row['clipped_share']:.2%}",
        "" if row["largest_sum"] is None else f"{row['largest_sum'] / about['accumulator_limit']:.1%}",
    )


def _pair(row: Mapping[str, Any]) -> str:
    """Return the step to which the file rounds a tensor: `kept`, or the one that int8 has another for."""
    pair = row["pair"]
    if pair is None:
        return ""
    return "kept" if pair["is_kept"] else f"{pair['scale']:.4g}, zero at {pair['zero_point']}"


def _trial(trial: Mapping[str, Any]) -> str:
    equalised = "as trained" if trial["equalised"] == "no" else f"equalised per {trial['equalised']}"
    return f"{equalised}, biases corrected" if trial["corrected"] else equalised


def _steps(least: int, most: int) -> str:
    """Return the steps of exponents from `least` to `most`."""
    return f"2^{-most}" if least == most else f"2^{-most} to 2^{-least}"


def _row(row: Mapping[str, Any]) -> Sequence[str]:
    size = (f"{row[key]:,}" if row[key] else "" for key in ("parameters", "macs"))
    return (row["name"], row["operator"], _shape(row["shape"]), *size)


def _weights_row(row: Mapping[str, Any], about: Mapping[str, Any]) -> Sequence[str]:
    return (
        row["name"],
        f"{row['weights']:,}",
        _steps(row["exponent_least"], row["exponent_most"]),
        f"{row['clipped_share']:.2%}",
        *("exact" if row[key] is None else f"{row[key]:.1f} dB" for key in ("snr_db", "snr_db_per_tensor")),
        f"{row['largest_sum'] / about['accumulator_limit']:.1%} of the accumulator",
    )


def _shape(shape: Sequence[int] | None) -> str:
    return "unknown" if shape is None else " x ".join(map(str, shape)) or "one value"

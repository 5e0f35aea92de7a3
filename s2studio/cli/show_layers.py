"""A deep network on the terminal: its layers before and after fusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from s2studio.cli.tables import new_console, print_table

HEAD = ("layer", "operator", "output", ">parameters", ">MACs")


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
    for node in about["unsupported"]:
        text = f"not covered: node '{node['node']}' ({node['type_name']}): {node['reason']}; {node['remedy']}"
        console.print(Text(text, style="red"))
    if about["unreached"]:
        console.print(f"{about['unreached']:,} nodes behind what is not covered were not looked at")


def _row(row: Mapping[str, Any]) -> Sequence[str]:
    size = (f"{row[key]:,}" if row[key] else "" for key in ("parameters", "macs"))
    return (row["name"], row["operator"], _shape(row["shape"]), *size)


def _shape(shape: Sequence[int] | None) -> str:
    return "unknown" if shape is None else " x ".join(map(str, shape)) or "one value"

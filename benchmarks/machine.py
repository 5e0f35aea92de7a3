"""The machine a benchmark ran on, and the sections of docs/performance.md that benchmarks write."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import llvmlite.binding as llvm


def describe() -> str:
    """Return a sentence on processor, caches, load, versions and time."""
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    names = ("numba", "numpy", "llvmlite")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        f"{_processor()}, {os.cpu_count()} processors ({llvm.get_host_cpu_name()}, L2 {_cache('2')}, L3 {_cache('3')})"
        f"{load}; {platform.system()}, Python {platform.python_version()}, {versions}; "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC."
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    found = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return found[0] if found else platform.processor()


def _cache(index: str) -> str:
    size = Path(f"/sys/devices/system/cpu/cpu0/cache/index{index}/size")
    return size.read_text().strip() if size.exists() else "unknown"


def write_section(report: Path, name: str, text: str) -> None:
    """Put `text` between the comments `<!-- NAME -->` and `<!-- end of NAME -->` of the file `report`."""
    first, last = f"<!-- {name} -->", f"<!-- end of {name} -->"
    content = report.read_text(encoding="utf-8")
    before, found, rest = content.partition(first)
    _, ended, after = rest.partition(last)
    if not found or not ended:
        raise SystemExit(f"{report} has no section {first} ... {last}")
    temporary = report.with_suffix(".tmp")
    temporary.write_text(f"{before}{first}\n{text}\n{last}{after}", encoding="utf-8")
    temporary.replace(report)

"""`python -m s2studio.compat SCRIPT.py [arguments]`: a script for the board, run in this process."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from s2studio.compat.script import run_script
from s2studio.compat.studio import Studio
from s2studio.errors import S2StudioError, UsageError
from s2studio.mapping.mapping import MappingOptions
from s2studio.session.target import check_target, free_path
from s2studio.sim.level import LevelPolicy
from s2studio.units import counted

REFUSED, WRONG_USAGE = 1, 2


def main(arguments: Sequence[str]) -> int:
    """Run the script that `arguments` name and return the exit code."""
    given = _parser().parse_args(arguments)
    try:
        target = given.output or free_path(Path(f"{given.script.stem}.s2s"))
        check_target(target, given.overwrite)
        code = run_script(
            given.script,
            given.arguments,
            session=target,
            overwrite=given.overwrite,
            level=LevelPolicy.parse(given.level) if given.level else None,
            rounding=given.rounding,
            chip=given.chip,
            runtime=given.runtime,
            mapping=MappingOptions(placer=given.placer, seed=given.seed),
        )
    except S2StudioError as problem:
        sys.stderr.write(f"s2studio: {problem}\n")
        return WRONG_USAGE if isinstance(problem, UsageError) else REFUSED
    if not given.quiet and Studio.current().runs:
        sys.stderr.write(f"session {target}, {counted(Studio.current().runs, 'run')}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m s2studio.compat", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, metavar="OUT.s2s", help="the session (default: SCRIPT.s2s)")
    parser.add_argument("--overwrite", action="store_true", help="replace a session")
    parser.add_argument("--level", action="append", default=[], help="instead of what the script sets")
    parser.add_argument("--rounding", default="nearest", choices=("nearest", "truncate"), help="of weights")
    parser.add_argument("--chip", default="spinnaker2", help="chip by name or YAML file")
    parser.add_argument("--runtime", default=None, help="what programs the chip")
    parser.add_argument("--placer", default=MappingOptions.placer, help="how slices are placed")
    parser.add_argument("--seed", type=int, default=0, help="of every random draw")
    parser.add_argument("--quiet", action="store_true", help="do not say where the session is")
    parser.add_argument("script", type=Path, metavar="SCRIPT.py")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the script finds in sys.argv")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What all tests share: the conformance material, the command line, and how hypothesis draws its examples."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from typer.testing import CliRunner, Result

Cli = Callable[..., Result]
CliJson = Callable[..., dict[str, Any]]

REPOSITORY = Path(__file__).resolve().parent.parent

# The same examples in every run, and no deadline: the first call of a kernel compiles it.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(scope="session")
def conformance() -> Path:
    """Return the folder of real recordings and networks; skip where it is absent: it does not ship with s2studio."""
    named = os.environ.get("S2STUDIO_CONFORMANCE")
    places = [Path(named)] if named else [REPOSITORY.parent / "shared/conformance", Path("/work/shared/conformance")]
    for place in places:
        if (place / "README.md").is_file():
            return place
    pytest.skip("the conformance material is not on this machine (S2STUDIO_CONFORMANCE names its folder)")


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of the checkout the tests stand in."""
    return REPOSITORY


@pytest.fixture
def cli() -> Cli:
    """Call `s2studio` with these arguments, in this process."""
    from s2studio.cli.main import make_app  # here, so that tests of a single room do not import all others

    return lambda *arguments: CliRunner().invoke(make_app(), [str(argument) for argument in arguments])


@pytest.fixture
def cli_json(cli: Cli) -> CliJson:
    """Call `s2studio ... --json`, which must succeed, and return the object it prints."""

    def call(*arguments: object) -> dict[str, Any]:
        result = cli(*arguments, "--json")
        assert result.exit_code == 0, result.output
        printed: dict[str, Any] = json.loads(result.stdout)
        return printed

    return call

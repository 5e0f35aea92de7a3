"""Hostile files of every kind: a refusal in words, within seconds and a bounded memory, in a process of their own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.files import NETWORKS, STIMULI

LIMIT_S = 120
# The program with its libraries takes about 300 MB.
MAX_RSS_BYTES = 1_500_000_000
PROGRAM = """
import json, resource, sys, time
from pathlib import Path
from s2studio.app.preview import describe_stimulus
from s2studio.app.project import open_project
from s2studio.app.workbench import Workbench
from s2studio.errors import S2StudioError
from s2studio.network.stimulus import EventOptions
unit = 1 if sys.platform == "darwin" else 1024
found = {}
for path in map(Path, sys.argv[1:]):
    began = time.monotonic()
    try:
        if path.suffix in (".nir", ".yaml"):
            Workbench(open_project(path)).map(assume=True)
        else:
            describe_stimulus(path, EventOptions())
        said = None
    except S2StudioError as error:
        said = str(error)
    peak = [resource.getrusage(who).ru_maxrss * unit for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    found[path.stem] = [said, max(peak), time.monotonic() - began]
print(json.dumps(found))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the peak of memory")
@pytest.mark.parametrize("kinds", ["networks", "stimuli"])
def test_that_hostile_files_are_refused_in_words_within_bounded_memory(tmp_path: Path, kinds: str) -> None:
    cases = NETWORKS if kinds == "networks" else STIMULI
    paths = {}
    for name, (suffix, write, _) in cases.items():
        paths[name] = tmp_path / f"{re.sub(r'[^0-9A-Za-z]', '_', name)}{suffix}"
        write(paths[name])
    command = [sys.executable, "-c", PROGRAM, *map(str, paths.values())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for name, (_, _, says) in cases.items():
        said, peak, _ = found[paths[name].stem]
        assert said is not None, name
        assert re.search(says, said), (name, said)
        assert peak < MAX_RSS_BYTES, (name, peak)

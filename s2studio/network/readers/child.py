"""Files of formats that a native library parses, read by another process: a damaged file can break the library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np

from s2studio.errors import NetworkError

TIME_LIMIT_S = 30.0
Format = Literal["hdf5", "aedat4", "onnx"]
TITLES: dict[Format, str] = {"hdf5": "HDF5", "aedat4": "AEDAT 4", "onnx": "ONNX"}
_SCRIPT = Path(__file__).with_name("child_process.py")


class ChildReading:
    """A file that is being read: begun when this is made, so that its user can do other things until `result`."""

    def __init__(self, path: Path, kind: Format) -> None:
        self.path, self.title = path, TITLES[kind]
        # A file, not a pipe: arrays are read from it where they stay, without a second and third copy on the way.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `result`
        # -P: beside the script are a nir.py and an onnx.py, which must not be taken for the packages.
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_SCRIPT), kind, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.PIPE,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def result(self, time_limit_s: float = TIME_LIMIT_S) -> dict[str, Any]:
        """Return the file's groups as dictionaries, its arrays as NumPy arrays and its texts as str.

        A table with named columns is a dictionary of them, a list of arrays of different lengths one of `values` and
        `lengths`. Raises NetworkError for what is no such file, what is too large, links that leave the file, and a
        file on which the library breaks down or takes longer than `time_limit_s`.
        """
        with self._output, self._process as process:
            try:
                _, complaint = process.communicate(timeout=time_limit_s)
            except subprocess.TimeoutExpired as problem:
                process.kill()
                raise self._broken(f"it took more than {time_limit_s:g} s") from problem
            except BaseException:
                process.kill()
                raise
            if process.returncode:
                last = complaint.decode(errors="replace").strip().splitlines()[-1:] or [f"signal {-process.returncode}"]
                raise self._broken(f"the library broke down ({last[0][:200]})")
            self._output.seek(0)
            return self._content(self._output)

    def _content(self, output: IO[bytes]) -> dict[str, Any]:
        line = json.loads(output.readline())
        if "refusal" in line:
            raise NetworkError(self.path.name, *line["refusal"])
        content: dict[str, Any] = {}
        for (*groups, name), value in line["entries"]:
            group = content
            for outer in groups:
                group = group[outer]
            if value is None:
                group[name] = {}
            else:
                group[name] = np.lib.format.read_array(output, allow_pickle=False)[()] if value is True else value
        return content

    def _broken(self, reason: str) -> NetworkError:
        return NetworkError(self.path.name, f"cannot be read as {self.title}: {reason}", hint="save it again")

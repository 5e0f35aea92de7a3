"""Models that are code, run by another process with bounded memory and time: what comes back is an ONNX file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from s2studio.errors import NetworkError

TIME_LIMIT_S = 600.0
# Read by running what is in them: torch's loader of exported programs evaluates, scripts are scripts.
CODE_SUFFIXES = (".pt2", ".py")
WEIGHT_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin")
_STDERR = 2


def convert_model(model: Path, target: Path, weights: Path | None = None, time_limit_s: float = TIME_LIMIT_S) -> None:
    """Run the code in `model`, with the tensors of `weights` in it, and write the ONNX file `target`.

    Only to be called for code that the user agreed to. Raises NetworkError where it fails or takes too long.
    """
    answer = target.with_suffix(".json")
    command = [sys.executable, "-P", "-m", "s2studio.network.readers.model_process"]
    files = [str(path) for path in (model, target, answer, weights) if path is not None]
    try:
        code = subprocess.run(
            [*command, *files],
            stdin=subprocess.DEVNULL,
            stdout=_STDERR,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            timeout=time_limit_s,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired as problem:
        raise NetworkError(model.name, f"it ran for more than {time_limit_s:g} s", hint="run it by itself") from problem
    refusal = json.loads(answer.read_text("utf-8"))["refusal"] if answer.is_file() else None
    if refusal is not None:
        raise NetworkError(*refusal)
    if code or not target.is_file():
        raise NetworkError(
            model.name, f"its process broke down with {code}", hint="it may need more memory than it gets"
        )

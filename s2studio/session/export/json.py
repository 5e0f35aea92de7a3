"""JSON export: the summary, what `run --json` prints, for the window that is exported."""

from __future__ import annotations

import json
from pathlib import Path

from s2studio.session.export.part import Exported
from s2studio.session.run import Progress


def write_json(part: Exported, path: Path, progress: Progress) -> None:
    """Write the summary of `part` to `path`."""
    text = json.dumps(part.summary(progress), indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")

"""Finds the texts of the window in its source: those that can be translated, and those that nobody wrapped.

python -m tests.gui.texts       brings the files of `resources/translations` up to date
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from s2studio.app.session_export import FORMATS
from s2studio.draw.metrics import METRICS
from s2studio.resources import resource_path
from s2studio.sim.channels import CHANNELS
from s2studio.sim.energy import ENERGY_KINDS

GUI = resource_path("icons").parents[1] / "s2studio" / "gui"
# Where a text stands as it is because the table is put through `tr` by whoever shows it: which positional arguments.
TABLES = {"ActionRow": (1, 2, 6), "_row": (1,), "marked": (0,)}
TABLE_KEYWORDS = {"ActionRow": ("tip",)}
# Arguments that people read: of these functions, which positional ones.
SHOWN = {
    "setText": (0,),
    "setToolTip": (0,),
    "setAccessibleName": (0,),
    "setAccessibleDescription": (0,),
    "setWindowTitle": (0,),
    "setInformativeText": (0,),
    "setPlaceholderText": (0,),
    "setSpecialValueText": (0,),
    "setSuffix": (0,),
    "setEmptyLabel": (0,),
    "setPlainText": (0,),
    "setHorizontalHeaderLabels": (0,),
    "appendPlainText": (0,),
    "addItem": (0,),
    "addTab": (1,),
    "addMenu": (0,),
    "addButton": (0,),
    "addRow": (0,),
    "set_empty": (1,),
    "say": (1,),
    "edit": (0,),
    "ask": (0,),
    "ask_engine": (0,),
    "QLabel": (0,),
    "QPushButton": (0,),
    "QCheckBox": (0,),
    "QToolBar": (0,),
    "QMenu": (0,),
    "QDockWidget": (0,),
    "Row": (0, 1),
    "Section": (0,),
    "Sheet": (0, 1),
    "Figure": (0,),
    "Figures": (0, 1),
    "TimePlot": (2,),
    "Plot": (1,),
}
# What is no text: names for Qt, styles, faults of the program itself.
NO_TEXT = {
    "compile",
    "setStyleSheet",
    "setProperty",
    "setObjectName",
    "Thread",
    "ValueError",
    "RuntimeError",
    "TypeError",
}
NO_TEXT_FUNCTIONS = {"style_sheet"}
HOLE = "\0"
TWO_WORDS = re.compile(rf"[A-Za-z]{{2,}}[,.:;…)]* +[(A-Za-z]|[A-Za-z]{{3,}}[:,]? +{HOLE}|{HOLE} +[A-Za-z]{{3,}}")
LETTERS = re.compile(r"[A-Za-z]{2,}")
TAGS = re.compile(r"<[^>]*>")


class Texts(ast.NodeVisitor):
    """Walks through a module: `found` are its texts, `unwrapped` those (line, text) that `tr` is missing from."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self.unwrapped: list[tuple[int, str]] = []

    def visit_Module(self, node: ast.Module) -> None:
        """Leave out the docstring."""
        self._body(node.body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Leave out the docstring; what a panel says while it is empty is put through `tr` by their base."""
        for statement in node.body:
            if isinstance(statement, ast.Assign) and _target(statement) == "EMPTY":
                self.found.add(ast.literal_eval(statement.value))
        self._body([one for one in node.body if not (isinstance(one, ast.Assign) and _target(one) == "EMPTY")])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Leave out the docstring."""
        if node.name not in NO_TEXT_FUNCTIONS:
            self._body(node.body)

    def visit_Raise(self, node: ast.Raise) -> None:
        """Leave out faults of the program."""

    def visit_Call(self, node: ast.Call) -> None:
        """Take what is wrapped, and look at what should be."""
        name = _name(node)
        if name in NO_TEXT:
            return
        taken = (0,) if name == "tr" else TABLES.get(name, ())
        for place, argument in enumerate(node.args):
            if place in taken and isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                self.found.add(argument.value)
            else:
                self._look(argument, place in SHOWN.get(name, ()))
        for keyword in node.keywords:
            if keyword.arg in TABLE_KEYWORDS.get(name, ()) and isinstance(keyword.value, ast.Constant):
                self.found.add(str(keyword.value.value))
            else:
                self._look(keyword.value, keyword.arg == "tip")
        self.visit(node.func)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Look at a text that stands anywhere."""
        self._literal(node, TWO_WORDS)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Look at a text with values in it, then into these."""
        self._literal(node, TWO_WORDS)
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def _body(self, statements: Iterable[ast.stmt]) -> None:
        for statement in statements:
            if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                self.visit(statement)

    def _look(self, node: ast.expr, is_shown: bool) -> None:
        if is_shown and isinstance(node, ast.Constant | ast.JoinedStr):
            self._literal(node, LETTERS)
        elif is_shown and isinstance(node, ast.Tuple | ast.List):
            for one in node.elts:
                self._look(one, True)
        elif is_shown and isinstance(node, ast.IfExp):
            self.visit(node.test)
            self._look(node.body, True)
            self._look(node.orelse, True)
        else:
            self.visit(node)

    def _literal(self, node: ast.Constant | ast.JoinedStr, pattern: re.Pattern[str]) -> None:
        text = TAGS.sub("", _text(node))
        if pattern.search(text) and not text.rstrip().endswith((";", "}")):  # a style sheet is no text
            self.unwrapped.append((node.lineno, text.replace(HOLE, "{}")))


def look_at(path: Path) -> Texts:
    """Return the texts of the module at `path`."""
    texts = Texts()
    texts.visit(ast.parse(path.read_text(encoding="utf-8")))
    return texts


def modules() -> Iterator[Path]:
    """Yield every module of the window."""
    yield from sorted(GUI.rglob("*.py"))


def texts() -> list[str]:
    """Return every text that can be translated, sorted: those of the window, and of the tables that it shows."""
    found = set().union(*(look_at(path).found for path in modules()))
    kinds = [CHANNELS[f"chip.{kind}"] for kind in ENERGY_KINDS]
    found |= {text for kind in kinds for text in (kind.title, kind.doc)}
    found |= {metric.title for metric in METRICS.values()} | {exporter.title for exporter in FORMATS.values()}
    return sorted(found - {""})


def update(path: Path) -> int:
    """Give the `.ts` file at `path` all texts, keep its translations, drop what is gone; return how many miss."""
    tree = ElementTree.parse(path)
    context = tree.find("context")
    if context is None:
        raise ValueError(f"{path} has no context")
    known = {message.findtext("source", ""): message for message in context.iter("message")}
    for message in known.values():
        context.remove(message)
    missing = 0
    for text in texts():
        message = known[text] if text in known else _unfinished(text)
        missing += "type" in message.find("translation").attrib  # type: ignore[union-attr]
        context.append(message)
    ElementTree.indent(tree, "  ")
    header = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n'
    path.write_text(header + ElementTree.tostring(tree.getroot(), encoding="unicode") + "\n", encoding="utf-8")
    return missing


def _unfinished(text: str) -> ElementTree.Element:
    message = ElementTree.Element("message")
    ElementTree.SubElement(message, "source").text = text
    ElementTree.SubElement(message, "translation", type="unfinished")
    return message


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _target(statement: ast.Assign) -> str:
    target = statement.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    parts = node.values if isinstance(node, ast.JoinedStr) else []
    return "".join(_text(part) if isinstance(part, ast.Constant) else HOLE for part in parts)


def main() -> int:
    """Bring every translation up to date and say what is missing; return how many texts nobody wrapped."""
    for path in sorted((resource_path("icons").parent / "translations").glob("*.ts")):
        sys.stdout.write(f"{path.name}: {update(path)} texts are not translated\n")
    bare = [f"{path}:{line}: {text!r}" for path in modules() for line, text in look_at(path).unwrapped]
    sys.stdout.writelines(f"not wrapped: {line}\n" for line in bare)
    return len(bare)


if __name__ == "__main__":
    sys.exit(main())

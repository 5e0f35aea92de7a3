"""The texts of the window: each can be translated, and a translation is what the window shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QPushButton

from s2studio.gui.dialogs.shortcuts import ShortcutList
from s2studio.gui.translation import Translation, languages, read_translation, tr
from s2studio.gui.window import Window
from s2studio.resources import resource_path
from tests.gui.texts import look_at, modules, texts, update

EMPTY_FILE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="fr" sourcelanguage="en"><context><name>s2studio</name>{messages}</context></TS>
"""
MESSAGE = "<message><source>{source}</source><translation>{translation}</translation></message>"
HOLES = re.compile(r"\{(\w+)[^}]*\}")


@pytest.fixture
def french(tmp_path: Path) -> Path:
    """A translation of a few texts, with one that nobody needs any longer."""
    pairs = {"&Run": "&Lancer", "Spikes": "Impulsions", "Advise": "Conseiller", "gone": "parti"}
    messages = "".join(
        MESSAGE.format(source=one.replace("&", "&amp;"), translation=two.replace("&", "&amp;"))
        for one, two in pairs.items()
    )
    path = tmp_path / "fr.ts"
    path.write_text(EMPTY_FILE.format(messages=messages), encoding="utf-8")
    return path


def test_that_every_text_of_the_window_can_be_translated() -> None:
    bare = [f"{path.name}:{line}: {text}" for path in modules() for line, text in look_at(path).unwrapped]

    assert bare == [], "wrap these with tr(), or with marked() in a table (see s2studio.gui.translation)"


def test_that_an_unwrapped_text_is_found(tmp_path: Path) -> None:
    path = tmp_path / "panel.py"
    path.write_text(
        'def show(label, n):\n    label.setText("Nothing")\n    label.setToolTip(tr("wrapped"))\n'
        '    x = f"{n} spikes"\n'
    )

    assert look_at(path).unwrapped == [(2, "Nothing"), (4, "{} spikes")]
    assert look_at(path).found == {"wrapped"}


def test_that_the_window_shows_a_translation(application: QApplication, french: Path, tmp_path: Path) -> None:
    translation = Translation(read_translation(french), application)
    application.installTranslator(translation)
    try:
        window = Window(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
        window.asks_before_closing = False
        try:
            assert window.actions_["run"].text() == "&Lancer"
            assert window.docks["raster"].windowTitle() == "Impulsions"
            assert "Conseiller" in {
                button.text() for button in window.docks["advice"].ensure().findChildren(QPushButton)
            }
            assert window.actions_["stop"].text() == "&Stop"  # English where there is no translation
            assert ShortcutList(window.actions_, window).windowTitle() == "Keys and mouse"
        finally:
            window.close()
    finally:
        application.removeTranslator(translation)


def test_that_a_translation_that_names_what_is_not_there_is_left_out(application: QApplication) -> None:
    translation = Translation({"{count:,} spikes": "{nombre} impulsions"}, application)
    application.installTranslator(translation)
    try:
        assert tr("{count:,} spikes", count=1234) == "1,234 spikes"
    finally:
        application.removeTranslator(translation)


def test_that_files_of_translations_are_brought_up_to_date(french: Path) -> None:
    missing = update(french)

    assert missing == len(texts()) - 3
    assert read_translation(french) == {"&Run": "&Lancer", "Spikes": "Impulsions", "Advise": "Conseiller"}
    assert update(french) == missing


@pytest.mark.parametrize("language", [one for one in languages() if one != "en"])
def test_that_a_translation_that_ships_is_whole(language: str) -> None:
    found = read_translation(resource_path("translations", f"{language}.ts"))

    assert sorted(set(texts()) - set(found)) == [], "python -m tests.gui.texts adds them; translate them"
    for source, translation in found.items():
        assert sorted(HOLES.findall(source)) == sorted(HOLES.findall(translation)), source

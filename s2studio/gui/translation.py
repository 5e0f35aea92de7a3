"""The texts of the window in another language: `tr` where a text is shown, files of Qt Linguist to take them from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

from s2studio.resources import resource_path

CONTEXT = "s2studio"
# The language that the texts are written in.
ENGLISH = "en"
# Where the settings keep the language.
LANGUAGE = "language"


def tr(text: str, **values: object) -> str:
    """Return `text` in the language of the window, with `values` put in: `tr("{count:,} spikes", count=3)`."""
    found = QCoreApplication.translate(CONTEXT, text)
    if not values:
        return found
    try:
        return found.format(**values)
    except (AttributeError, IndexError, KeyError, ValueError):  # a translation that names something else
        return text.format(**values)


def marked(text: str) -> str:
    """Return `text` as it is: a text of a table, which is put through `tr` where it is shown."""
    return text


def languages() -> tuple[str, ...]:
    """Return the codes of all languages there are, English first."""
    # Git keeps no empty folder: while there is no translation, there is none.
    folder = resource_path("icons").parent / "translations"
    return (ENGLISH, *sorted(path.stem for path in folder.glob("*.ts")))


def language_name(code: str) -> str:
    """Return what the language `code` is called by those who speak it."""
    return QLocale(code).nativeLanguageName().removeprefix("American ").capitalize()


def read_translation(path: Path) -> dict[str, str]:
    """Return the translations of the `.ts` file at `path` by their English text, unfinished ones left out."""
    found = {}
    for message in ElementTree.parse(path).iter("message"):  # noqa: S314 - a file of this program
        translation = message.find("translation")
        text = None if translation is None or translation.get("type") else translation.text
        if text:
            found[message.findtext("source", "")] = text
    return found


class Translation(QTranslator):
    """Translates the texts of this program; those of Qt itself stay as they are."""

    def __init__(self, texts: Mapping[str, str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._texts = texts

    def translate(
        self,
        context: str,
        source: str,
        disambiguation: str | None = None,  # noqa: ARG002 - Qt's, not used here
        number: int = -1,  # noqa: ARG002 - Qt's, not used here
    ) -> str | None:
        """Return the translation of `source`; None, which Qt takes for none, where there is none."""
        return self._texts.get(source) if context == CONTEXT else None

    def isEmpty(self) -> bool:  # noqa: N802 - Qt's name
        """Return whether there is nothing to translate with."""
        return not self._texts


def install(language: str, application: QCoreApplication) -> Translation | None:
    """Give `application` the texts of `language` (a code of `languages`); None for English and unknown ones."""
    if language == ENGLISH or language not in languages():
        return None
    own = QTranslator(application)
    if own.load(f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        application.installTranslator(own)  # the buttons of Qt's dialogs
    translation = Translation(read_translation(resource_path("translations", f"{language}.ts")), application)
    application.installTranslator(translation)
    return translation

"""The main window: mesh in the middle, panels docked around it, everything it does in one table of actions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSettings, QSize, Qt, QUrl
from PySide6.QtGui import QCloseEvent, QColor, QDesktopServices, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QMainWindow,
    QMenu,
    QMessageBox,
    QSizePolicy,
    QStackedWidget,
    QTabWidget,
    QToolBar,
)

from s2studio.draw.theme import Theme
from s2studio.gui.actions import Actions, connect_models
from s2studio.gui.arrangement import Arrangement
from s2studio.gui.autosave import Autosave
from s2studio.gui.controller import Controller
from s2studio.gui.docks import LEFT, PANELS, PRESETS, RIGHT, PanelDock, PanelRow, make_panel
from s2studio.gui.edit_menu import MESH_MENU, PLACER_ROWS, PLACERS_MENU
from s2studio.gui.menus import MENUS, PANEL_MENU, SEPARATED, SUBMENUS, TIME_MENU, rows
from s2studio.gui.one_by_one import OneByOne
from s2studio.gui.panels.mesh import MeshPanel
from s2studio.gui.scripts import ScriptRunner
from s2studio.gui.steps import of_model
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import ENGLISH, LANGUAGE, language_name, tr
from s2studio.gui.views.notice import Notice
from s2studio.gui.views.panel import Panel
from s2studio.gui.views.start_page import StartPage
from s2studio.gui.views.status import StatusBusy, StatusFacts
from s2studio.resources import resource_path

if TYPE_CHECKING:
    from s2studio.app.deep import DeepShown
    from s2studio.app.engine import Prepared

LAYERS_PRESET = "Layers"
READING_PRESETS = ("Run", "Profile", "Compare", LAYERS_PRESET)

MOST_RECENT = 10
LEAST_WIDTH, LEAST_HEIGHT = 960, 640
ICON_PX = 20


class Window(QMainWindow):
    """The window on one project. `settings` keep layout, theme and recent files."""

    def __init__(self, settings: QSettings | None = None) -> None:
        super().__init__()
        self.settings = settings or QSettings("s2studio", "s2studio")
        self.themes = ThemeSwitch(str(self.settings.value("theme", "system")), self)
        self.themes.apply()
        self.controller = Controller(self)
        self.scripts = ScriptRunner(self.controller, self)
        self.autosave = Autosave(self.controller, parent=self)
        self.asks_before_closing = True
        # What was kept of a window that crashed, and is not saved yet.
        self._recovered: Path | None = None
        self._is_deep = False
        self.setWindowTitle(tr("S2 Studio"))
        self.setMinimumSize(LEAST_WIDTH, LEAST_HEIGHT)
        self.setAcceptDrops(True)
        options = QMainWindow.DockOption
        self.setDockOptions(options.AllowNestedDocks | options.AllowTabbedDocks | options.GroupedDragging)
        # The sides reach from top to bottom: what is in them is tall.
        self.setCorner(Qt.Corner.BottomLeftCorner, LEFT)
        self.setCorner(Qt.Corner.BottomRightCorner, RIGHT)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.centre = QStackedWidget(self)
        self.setCentralWidget(self.centre)
        self._fill_centre()
        self.soon = OneByOne(self)
        self.docks = {row.name: PanelDock(row, self._make_panel, self.soon.add, self) for row in PANELS}
        self.arrangement = Arrangement(self, self.docks, self.soon, self.settings)
        self.actions_ = Actions(rows(self), self.themes.theme, self)
        self._make_menus()
        self._make_toolbar()
        self._make_status()
        connect_models(self.actions_, self.controller)
        self.controller.undo.indexChanged.connect(lambda _index: self.actions_.refresh())
        self.controller.opened.connect(self._remember)
        self.controller.saved.connect(lambda _path: self._forget_recovered())
        self.controller.action_wanted.connect(lambda name: self.actions_[name].trigger())
        self.controller.options_wanted.connect(self.ask_lowering)
        self.controller.studio.prepared_changed.connect(lambda _prepared: self._show_title())
        self.controller.studio.said.connect(lambda _line: self.arrangement.show_log())
        self.controller.undo.cleanChanged.connect(lambda _clean: self._show_title())
        self.themes.changed.connect(self._theme_changed)
        geometry = self.settings.value("geometry")
        if geometry is None or not self.restoreGeometry(geometry):
            self.resize(1280, 800)

    # ------------------------------------------------------------------------------------------------------- commands
    def ask_open(self) -> None:
        """Ask for files and open them."""
        from s2studio.app.kinds import known_suffixes

        patterns = " ".join(f"*{suffix}" for suffix in known_suffixes())
        kinds = tr("All that can be opened ({patterns});;All files (*)", patterns=patterns)
        dialog = QFileDialog(self, tr("Open"), "", kinds)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda names: self.open_paths([Path(name) for name in names]))
        dialog.open()

    def open_paths(self, paths: Sequence[Path], _checked: bool = False) -> None:
        """Open files and sessions."""
        self.controller.open_paths(paths)

    def save(self) -> bool:
        """Save the project where it came from, or ask where; return whether it is being saved."""
        project = self.controller.studio.project
        if project is None:
            return False
        if project.document is None or project.document.is_relative_to(self.autosave.root):
            return self.save_as()
        if self.controller.is_changed_elsewhere:
            answer = self._ask_overwrite(project.document)
            if answer != QMessageBox.StandardButton.Yes:
                return answer == QMessageBox.StandardButton.Save and self.save_as()
        self.controller.save_project(project.document)
        return True

    def save_as(self) -> bool:
        """Ask for a name and save the project there; return whether it is being saved."""
        project = self.controller.studio.project
        if project is None:
            return False
        start = str(project.document or project.model.with_name("project.yaml"))
        name, _ = QFileDialog.getSaveFileName(self, tr("Save project"), start, tr("Project (*.yaml)"))
        if name:
            self.controller.save_project(Path(name).with_suffix(".yaml"))
        return bool(name)

    def copy_command_line(self) -> None:
        """Put the line that does the same in a terminal on the clipboard."""
        self.copy_line(of_model("run")(self))

    def copy_line(self, line: str | None) -> None:
        """Put `line` on the clipboard, and say so."""
        if line is None:
            return
        QApplication.clipboard().setText(line)
        self.controller.studio.say("info", tr("Copied: {line}", line=line))
        if self.controller.undo.index() and self.controller.studio.project is not None:
            text = tr("The placement was edited by hand: save it, and add --mapping FILE to run with it.")
            self.controller.studio.say("info", text, action="save_mapping")

    def ask_export(self) -> None:
        """Ask how and where to export the run that is shown."""
        from s2studio.gui.dialogs.export import ExportDialog

        ExportDialog(self.controller, self).open()

    def show_palette(self) -> None:
        """Show the command palette."""
        from s2studio.gui.dialogs.palette import Palette

        self.actions_.refresh()
        Palette(self.actions_, self).show()

    def show_shortcuts(self) -> None:
        """Show the list of keys."""
        from s2studio.gui.dialogs.shortcuts import ShortcutList

        ShortcutList(self.actions_, self).open()

    def open_manual(self) -> None:
        """Show the documentation that ships with s2studio."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(resource_path("docs", "window.md"))))

    def save_picture(self) -> None:
        """Save the panel that has the focus, else the mesh, as a picture."""
        from s2studio.gui.views.picture import SUFFIXES, save_widget

        focus = QApplication.focusWidget()
        shown = [dock for dock in self.docks.values() if dock.panel is not None and dock.panel.isVisible()]
        owner = next((dock for dock in shown if focus is not None and dock.isAncestorOf(focus)), None)
        widget = self.mesh.view if owner is None or owner.panel is None else owner.panel.content
        name = "mesh" if owner is None else owner.row.name
        kinds = ";;".join(f"{title} (*{suffix})" for suffix, title in SUFFIXES.items())
        path, _ = QFileDialog.getSaveFileName(self, tr("Save {name} as picture", name=name), f"{name}.png", kinds)
        if path:
            save_widget(widget, Path(path), QColor(self.themes.theme.surface))
            self.controller.studio.say("info", tr("Picture saved to {path}.", path=path), path=Path(path))

    def recover(self) -> None:
        """Offer what a window that crashed left behind."""
        for path in self.autosave.left_behind():
            box = QMessageBox(self)
            box.setWindowTitle(tr("Recover"))
            box.setText(tr("The last window ended before its project was saved. Open what was kept?"))
            box.setInformativeText(str(path))
            box.setStandardButtons(QMessageBox.StandardButton.Open | QMessageBox.StandardButton.Discard)
            if box.exec() == QMessageBox.StandardButton.Open:
                self.controller.open_paths([path])
                self._recovered = path
                return
            self.autosave.forget(path)

    def ask_save_mapping(self) -> None:
        """Ask for a name and save the placement there."""
        name, _ = QFileDialog.getSaveFileName(self, tr("Save mapping"), "mapping.yaml", tr("Mapping (*.yaml)"))
        if name:
            self.controller.save_mapping(Path(name))

    def ask_chip(self) -> None:
        """Ask for a chip file and use it."""
        name, _ = QFileDialog.getOpenFileName(self, tr("Chip file"), "", tr("Chip (*.yaml)"))
        if name:
            self.controller.change(chip=Path(name))

    def ask_lowering(self, prepared: Prepared | None = None) -> None:
        """Ask how the model that is open becomes integers."""
        from s2studio.gui.dialogs.lowering import LoweringDialog

        prepared = prepared or self.controller.studio.prepared
        if prepared is not None:
            LoweringDialog(self.controller, prepared, self.themes.theme, self).open()

    @property
    def recent(self) -> list[Path]:
        """The files that were opened last, newest first."""
        names = self.settings.value("recent", [])
        return [Path(str(name)) for name in (names if isinstance(names, list) else [names])]

    def show_preset(self, name: str) -> None:
        """Show the panels of the preset `name`, each where it was last."""
        self.arrangement.show_preset(name)
        # What an edit would change is of no use where nobody edits.
        self.mesh.want_strip(name not in READING_PRESETS)

    @property
    def language(self) -> str:
        """The code of the language that the next start takes."""
        return str(self.settings.value(LANGUAGE, ENGLISH))

    def choose_language(self, code: str) -> None:
        """Take another language, from the next start on."""
        self.settings.setValue(LANGUAGE, code)
        self.actions_.refresh()
        self.controller.studio.say(
            "info", tr("The window speaks {name} when it is opened next.", name=language_name(code))
        )

    def show_panel(self, name: str) -> None:
        """Show one panel, in front of those it shares its place with, and give it the focus."""
        dock = self.docks[name]
        dock.show()
        dock.raise_()
        dock.ensure().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def reset_layout(self) -> None:
        """Put every panel back where it was at first."""
        self.arrangement.reset()
        self.show_preset(PRESETS[0])

    def show_about(self) -> None:
        """Say what this is, and under which licences."""
        from s2studio.gui.dialogs.about import AboutDialog

        AboutDialog(self).open()

    # ----------------------------------------------------------------------------------------------------------- events
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Open what was dropped."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.open_paths(paths)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Ask about what is not saved, keep the layout and end the processes."""
        if not self._may_close():
            event.ignore()
            return
        self.settings.setValue("geometry", self.saveGeometry())
        self.arrangement.save()
        self.settings.setValue("theme", self.themes.choice)
        self.scripts.stop()
        self.autosave.discard()
        self._forget_recovered()
        self.controller.close()
        super().closeEvent(event)

    # ----------------------------------------------------------------------------------------------------------- inside
    def _ask_overwrite(self, document: Path) -> QMessageBox.StandardButton:
        """Ask what to do where someone else wrote the project's file: `Yes` overwrites, `Save` asks for a name."""
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(tr("Changed elsewhere"))
        box.setText(tr("Another window or program wrote {name} since it was opened here.", name=document.name))
        box.setInformativeText(tr("Saving it here would undo that. What is saved under another name loses nothing."))
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Yes | buttons.Cancel)
        box.button(buttons.Save).setText(tr("Save as…"))
        box.button(buttons.Yes).setText(tr("Overwrite"))
        box.setDefaultButton(buttons.Save)
        return buttons(box.exec())

    def _may_close(self) -> bool:
        """Ask about what is not saved; return whether the window may close now."""
        is_saved = not self.controller.is_changed and self._recovered is None
        if is_saved or not self.asks_before_closing:
            return True
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self,
            tr("Unsaved changes"),
            tr("The project has changes that are not saved."),
            buttons.Save | buttons.Discard | buttons.Cancel,
            buttons.Save,
        )
        if answer == buttons.Save:
            # The engine saves; the window closes when it has.
            if self.save():
                self.controller.opened.connect(lambda _path: self.close(), Qt.ConnectionType.SingleShotConnection)
            return False
        return bool(answer == buttons.Discard)

    def _fill_centre(self) -> None:
        self.start_page = StartPage(self.ask_open, self.themes.theme, self.centre)
        self.start_page.show_recent(self.recent)
        self.start_page.chosen.connect(lambda path: self.open_paths([path]))
        self.centre.addWidget(self.start_page)
        self.mesh = MeshPanel(self.controller, self.themes)
        self.mesh.menu_wanted.connect(self._show_mesh_menu)
        self.centre.addWidget(self.mesh)
        for event in (self.controller.studio.prepared_changed, self.controller.studio.shown_changed):
            event.connect(lambda _value: self._show_centre())
        self.controller.deep.shown_changed.connect(self._deep_changed)

    def _show_centre(self) -> None:
        """Show the mesh once there is something, else where to begin."""
        studio = self.controller.studio
        deep = self.controller.deep.shown
        is_open = studio.prepared is not None or studio.shown is not None or deep is not None
        shown = self.mesh if is_open else self.start_page
        # The page that is hidden must not say how small the window may be.
        policy = QSizePolicy.Policy
        for page in (self.mesh, self.start_page):
            size = policy.Preferred if page is shown else policy.Ignored
            page.setSizePolicy(size, size)
        if is_open:
            self.arrangement.begin()
        self.centre.setCurrentWidget(shown)

    def _deep_changed(self, shown: DeepShown | None) -> None:
        """Show the panels of layers when a deep network comes, and those of spikes when one goes."""
        self._show_centre()
        self._show_title()
        if (shown is not None) != self._is_deep:
            self._is_deep = shown is not None
            self.show_preset(LAYERS_PRESET if self._is_deep else PRESETS[0])

    def _show_mesh_menu(self, at: QPoint) -> None:
        menu = self._menu_of(MESH_MENU)
        placers = menu.addMenu(tr(PLACERS_MENU))
        placers.addActions([self.actions_[name] for name in PLACER_ROWS])
        menu.popup(at)

    def _menu_of(self, names: Sequence[str]) -> QMenu:
        """Return a context menu of the commands `names`, "" a line; it is gone once it is closed."""
        self.actions_.refresh()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in names:
            if name:
                menu.addAction(self.actions_[name])
            else:
                menu.addSeparator()
        return menu

    def _make_panel(self, row: PanelRow) -> Panel:
        panel = make_panel(row, self.controller, self.themes)
        panel.menu_wanted.connect(partial(self._show_panel_menu, panel))
        return panel

    def _show_panel_menu(self, panel: Panel, at: QPoint) -> None:
        """Show what can be done with what `panel` shows; a picture is of the panel that has the focus."""
        focus = QApplication.focusWidget()
        if focus is None or not panel.isAncestorOf(focus):
            panel.setFocus(Qt.FocusReason.PopupFocusReason)
        self._menu_of((*TIME_MENU, "", *PANEL_MENU) if panel.follows_time else PANEL_MENU).popup(at)

    def _make_menus(self) -> None:
        self.recent_menu = QMenu(tr("Open &recent"), self)
        self._fill_recent_menu()
        menus = {name: self.menuBar().addMenu("&" + tr(name)) for name in MENUS}
        for row in self.actions_.rows.values():
            parent = SUBMENUS.get(row.menu)
            if parent is not None and row.menu not in menus:
                menus[row.menu] = menus[parent].addMenu(tr(row.menu))
                menus[row.menu].aboutToShow.connect(self.actions_.refresh)
            menu = menus.get(row.menu)
            if menu is None:
                continue
            if row.name in SEPARATED:
                menu.addSeparator()
            menu.addAction(self.actions_[row.name])
            if row.name == "open":
                menu.addMenu(self.recent_menu)
        panels = menus["View"].addMenu(tr("Panels"))
        for dock in self.docks.values():
            panels.addAction(dock.toggleViewAction())

    def _make_toolbar(self) -> None:
        bar = QToolBar(tr("Toolbar"), self)
        bar.setObjectName("toolbar")
        bar.setMovable(False)
        bar.setIconSize(QSize(ICON_PX, ICON_PX))
        menu = ""
        for row in self.actions_.rows.values():
            if row.in_toolbar:
                if menu and row.menu != menu:
                    bar.addSeparator()
                menu = row.menu
                bar.addAction(self.actions_[row.name])
        self.addToolBar(bar)

    def _make_status(self) -> None:
        self.statusBar().addWidget(StatusBusy(self.controller, self))
        self.notice = Notice(self.controller, lambda: self.show_panel("log"), self)
        self.statusBar().addWidget(self.notice, 1)
        self.facts = StatusFacts(self.controller, self)
        self.statusBar().addPermanentWidget(self.facts)

    def _forget_recovered(self) -> None:
        """Remove what was recovered: it is saved, or the user let go of it."""
        if self._recovered is not None:
            self.autosave.forget(self._recovered)
            self._recovered = None

    def _remember(self, path: Path) -> None:
        paths = [path.resolve(), *(one for one in self.recent if one != path.resolve())][:MOST_RECENT]
        self.settings.setValue("recent", [str(one) for one in paths])
        self.start_page.show_recent(paths)
        self._fill_recent_menu()

    def _fill_recent_menu(self) -> None:
        self.recent_menu.clear()
        for path in self.recent:
            self.recent_menu.addAction(str(path)).triggered.connect(partial(self.open_paths, [path]))
        self.recent_menu.setEnabled(bool(self.recent))

    def _show_title(self) -> None:
        project = self.controller.studio.project
        deep = self.controller.deep.shown
        name = f"{deep.timeline.network} – " if deep is not None else ""
        name = f"{project.name}[*] – " if project is not None else name
        self.setWindowTitle(tr("{name}S2 Studio", name=name))
        self.setWindowModified(self.controller.is_changed)

    def _theme_changed(self, theme: Theme) -> None:
        self.actions_.apply_theme(theme)
        self.start_page.apply_theme(theme)
        self.actions_.refresh()

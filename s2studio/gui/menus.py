"""What each command of the window does: the rows from which menus, toolbar, keys and palette are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from s2studio.gui.actions import ActionRow
from s2studio.gui.docks import PANELS, PRESETS
from s2studio.gui.edit_menu import PLACERS_MENU, edit_rows
from s2studio.gui.steps import STEPS
from s2studio.gui.translation import language_name, languages, marked, tr

if TYPE_CHECKING:
    from s2studio.gui.window import Window

THEME_TITLES = {
    "system": marked("System theme"),
    "dark": marked("Dark theme"),
    "light": marked("Light theme"),
}
STEPS_MENU = marked("Copy step as command line")
MENUS = (marked("File"), marked("Edit"), marked("Map"), marked("Run"), marked("View"), marked("Help"))
# Menus within menus, each where its first command stands; and the commands above which a line is drawn.
SUBMENUS = {STEPS_MENU: "File", PLACERS_MENU: "Map"}
# The context menus of panels: of those with plots over time, and of all.
TIME_MENU = ("zoom_in", "zoom_out", "zoom_all", "", "mark", "marks_clear", "", "trouble_back", "trouble_on")
PANEL_MENU = ("save_picture", "export")
SEPARATED = frozenset(
    {
        "save",
        "export",
        "copy_command",
        "quit",
        "select_none",
        "pick_up",
        "pin",
        "place_rest",
        "follow",
        "cancel",
        "preset_load",
        "zoom_in",
        "mark",
        "tick_back",
        "theme_system",
        "manual",
    }
)


def rows(window: Window) -> tuple[ActionRow, ...]:
    """Return every command of `window`, menu by menu."""
    return (
        *_file(window),
        *_steps(window),
        ActionRow("quit", "File", "&Quit", window.close, QKeySequence.StandardKey.Quit),
        *_edit(window),
        *_map(window),
        *edit_rows(window),
        *_run(window),
        *_view(window),
        *_panels(window),
        *_help(window),
    )


def _file(window: Window) -> tuple[ActionRow, ...]:
    controller = window.controller
    studio = controller.studio
    return (
        ActionRow(
            "open",
            "File",
            "&Open…",
            window.ask_open,
            QKeySequence.StandardKey.Open,
            "open",
            "Open a network, project, session, stimulus or mapping",
            in_toolbar=True,
        ),
        ActionRow(
            "save",
            "File",
            "&Save project",
            window.save,
            QKeySequence.StandardKey.Save,
            "save",
            "Save the project with its options and placement",
            enabled=lambda: studio.project is not None,
            in_toolbar=True,
        ),
        ActionRow(
            "save_as",
            "File",
            "Save project &as…",
            window.save_as,
            QKeySequence.StandardKey.SaveAs,
            tip="Save the project elsewhere; its files are copied beside it",
            enabled=lambda: studio.project is not None,
        ),
        ActionRow(
            "save_mapping",
            "File",
            "Save &mapping…",
            window.ask_save_mapping,
            "Ctrl+Alt+S",
            tip="Save the placement alone to a mapping file",
            enabled=lambda: studio.mapping is not None,
        ),
        ActionRow(
            "export",
            "File",
            "&Export session…",
            window.ask_export,
            "Ctrl+E",
            "export",
            "Write the run that is shown, or a part of it, in another format",
            enabled=lambda: controller.recorded is not None and studio.run_state == "none" and studio.busy is None,
            in_toolbar=True,
        ),
        ActionRow(
            "save_picture",
            "File",
            "Save &picture…",
            window.save_picture,
            "Ctrl+Shift+E",
            tip="Save the panel that has the focus, else the mesh, as PNG, SVG or PDF",
        ),
        ActionRow(
            "stop_script",
            "File",
            "Stop script",
            window.scripts.stop,
            tip="End the script that runs",
            enabled=lambda: window.scripts.is_running,
        ),
        ActionRow(
            "copy_command",
            "File",
            "&Copy as command line",
            window.copy_command_line,
            "Ctrl+Shift+C",
            tip="Copy the line that does the same in a terminal",
            enabled=lambda: studio.project is not None,
        ),
    )


def _edit(window: Window) -> tuple[ActionRow, ...]:
    undo, controller = window.controller.undo, window.controller

    def select_nothing() -> None:
        controller.selection.clear()
        controller.forensics.clear()

    return (
        ActionRow(
            "undo",
            "Edit",
            "&Undo",
            undo.undo,
            QKeySequence.StandardKey.Undo,
            "undo",
            enabled=undo.canUndo,
            in_toolbar=True,
        ),
        ActionRow(
            "redo",
            "Edit",
            "&Redo",
            undo.redo,
            ("Ctrl+Shift+Z", "Ctrl+Y"),
            "redo",
            enabled=undo.canRedo,
            in_toolbar=True,
        ),
        ActionRow("select_none", "Edit", "Select &nothing", select_nothing, "Escape"),
    )


def _map(window: Window) -> tuple[ActionRow, ...]:
    controller = window.controller
    return (
        ActionRow(
            "lowering",
            "Map",
            "&Quantisation…",
            window.ask_lowering,
            "F4",
            "settings",
            "Time step, reset, scaling and rounding of a float model",
            enabled=lambda: bool(controller.studio.prepared and controller.studio.prepared.about["lowering"]),
        ),
        ActionRow(
            "chip",
            "Map",
            "C&hip file…",
            window.ask_chip,
            "",
            "settings",
            "Take numbers and settings of the chip from a file: costs, level of sleep, state of unused PEs",
            enabled=lambda: controller.studio.project is not None,
        ),
        ActionRow(
            "beside",
            "Map",
            "&Share the chip with the spiking network",
            controller.deep_work.share,
            tip="Run the layers of the deep network on the PEs that the spiking one, open before it, leaves free",
            enabled=lambda: controller.deep_work.can_share,
            checked=lambda: controller.deep_work.is_beside,
        ),
        ActionRow(
            "place",
            "Map",
            "&Place again",
            controller.place,
            "F6",
            "map",
            "Place all slices anew with the project's placer",
            enabled=lambda: controller.studio.network is not None and controller.studio.busy is None,
            in_toolbar=True,
        ),
    )


def _run(window: Window) -> tuple[ActionRow, ...]:
    controller = window.controller
    studio, timeline = controller.studio, controller.timeline

    def can_run() -> bool:
        has_network = studio.mapping is not None and studio.project is not None
        return (has_network and studio.run_state != "running") or controller.deep_work.can_run

    return (
        ActionRow(
            "run",
            "Run",
            "&Run",
            lambda: controller.running.resume() if studio.run_state == "paused" else controller.running.start(),
            "F5",
            "run",
            "Run the network on this placement, or go on",
            enabled=can_run,
            in_toolbar=True,
        ),
        ActionRow(
            "pause",
            "Run",
            "&Pause",
            controller.running.pause,
            "F7",
            "pause",
            "Let the run wait",
            enabled=lambda: studio.run_state == "running",
            in_toolbar=True,
        ),
        ActionRow(
            "step",
            "Run",
            "S&tep",
            controller.running.step,
            "F8",
            "step",
            "Run one tick and wait",
            enabled=can_run,
            in_toolbar=True,
        ),
        ActionRow(
            "stop",
            "Run",
            "&Stop",
            controller.running.stop,
            "Shift+F5",
            "stop",
            "End the run; what it recorded stays",
            enabled=lambda: studio.run_state != "none",
            in_toolbar=True,
        ),
        ActionRow(
            "follow",
            "Run",
            "&Follow the newest tick",
            lambda: timeline.follow(not timeline.is_following),
            "Ctrl+End",
            checked=lambda: timeline.is_following,
            enabled=lambda: studio.run_state != "none",
        ),
        ActionRow(
            "play",
            "Run",
            "P&lay back",
            lambda: timeline.play(not timeline.is_playing),
            "Space",
            "play",
            "Let the cursor run through the recording",
            enabled=lambda: studio.shown is not None and studio.run_state == "none",
        ),
        ActionRow(
            "why",
            "Run",
            "&Why does this tick take so long?",
            controller.forensics.ask,
            "F9",
            tip="Say for the tick at the cursor which PE works longest, on what, and trace on the mesh who sent it",
            enabled=lambda: controller.forensics.can_ask,
        ),
        ActionRow(
            "why_pe",
            "Run",
            "Why does this P&E take so long?",
            lambda: controller.forensics.ask(controller.forensics.selected_pe),
            "Shift+F9",
            tip="Say of the selected PE what it does in the tick at the cursor, and trace who sent to it",
            enabled=lambda: controller.forensics.can_ask and controller.forensics.selected_pe is not None,
        ),
        ActionRow(
            "cancel",
            "Run",
            "&Cancel what is going on",
            controller.cancel,
            "Ctrl+.",
            enabled=lambda: studio.busy is not None,
        ),
    )


def _view(window: Window) -> tuple[ActionRow, ...]:
    themes, timeline, questions = window.themes, window.controller.timeline, window.controller.questions

    def is_shown() -> bool:
        return window.controller.studio.shown is not None

    def zoom_in() -> None:
        timeline.zoom(0.5)
        if timeline.is_inside:
            window.show_panel("power")

    presets = (
        ActionRow(
            f"preset_{name.lower()}",
            "View",
            tr("{name} layout", name=tr(name)),
            lambda name=name: window.show_preset(name),  # type: ignore[misc]
            f"Ctrl+{number}",
            tip=tr("Show the panels for: {name}", name=tr(name).lower()),
        )
        for number, name in enumerate(PRESETS, 1)
    )
    speaks = (
        ActionRow(
            f"language_{code}",
            "View",
            language_name(code),
            lambda code=code: window.choose_language(code),  # type: ignore[misc]
            tip=marked("Show all texts in this language from the next start on"),
            checked=lambda code=code: window.language == code,  # type: ignore[misc]
        )
        for code in (languages() if len(languages()) > 1 else ())
    )
    return (
        *presets,
        ActionRow(
            "reset_layout",
            "View",
            "&Reset layout",
            window.reset_layout,
            tip="Put every panel back where it was at first",
        ),
        ActionRow("zoom_in", "View", "Zoom time &in", zoom_in, ("Ctrl++", "Ctrl+="), "zoom-in"),
        ActionRow("zoom_out", "View", "Zoom time &out", lambda: timeline.zoom(2.0), "Ctrl+-", "zoom-out"),
        ActionRow("zoom_all", "View", "&Whole run", timeline.look_at_all, "Ctrl+0", "fit"),
        ActionRow(
            "mark",
            "View",
            "&Mark the span",
            timeline.mark_shown,
            "Ctrl+B",
            tip="Mark the span that is shown: in the timeline, in Power, and as a span to export",
            enabled=is_shown,
        ),
        ActionRow(
            "marks_clear", "View", "Remove all marks", timeline.clear_marks, enabled=lambda: bool(timeline.marks)
        ),
        ActionRow("tick_back", "View", "Cursor one tick back", lambda: timeline.move(timeline.cursor - 1), "Alt+Left"),
        ActionRow("tick_on", "View", "Cursor one tick on", lambda: timeline.move(timeline.cursor + 1), "Alt+Right"),
        ActionRow(
            "trouble_back",
            "View",
            "Last late tick or lost packet",
            lambda: questions.go_to_trouble(is_forward=False),
            "Alt+Shift+Left",
            "previous",
            "Move the cursor back to the tick in which a PE was late or lost packets",
            enabled=is_shown,
        ),
        ActionRow(
            "trouble_on",
            "View",
            "Next late tick or lost packet",
            questions.go_to_trouble,
            "Alt+Shift+Right",
            "next",
            "Move the cursor on to the tick in which a PE was late or lost packets",
            enabled=is_shown,
        ),
        *(
            ActionRow(
                f"theme_{choice}",
                "View",
                title,
                lambda choice=choice: themes.choose(choice),  # type: ignore[misc]
                checked=lambda choice=choice: themes.choice == choice,  # type: ignore[misc]
            )
            for choice, title in THEME_TITLES.items()
        ),
        *speaks,
    )


def _steps(window: Window) -> tuple[ActionRow, ...]:
    """Return what copies each step as a line for a terminal: a menu of its own in the menu File."""
    return tuple(
        ActionRow(
            f"copy_{step.name}",
            STEPS_MENU,
            step.title,
            lambda step=step: window.copy_line(step.line(window)),  # type: ignore[misc]
            tip=marked("Copy the line that does this step in a terminal"),
            enabled=lambda step=step: step.line(window) is not None,  # type: ignore[misc]
        )
        for step in STEPS
    )


def _panels(window: Window) -> tuple[ActionRow, ...]:
    """Return a command for each panel: in the palette alone, for the menu View has all of them to be switched."""
    return tuple(
        ActionRow(
            f"panel_{row.name}",
            marked("Panel"),
            row.title,
            lambda name=row.name: window.show_panel(name),  # type: ignore[misc]
            tip=marked("Show this panel and give it the keys"),
        )
        for row in PANELS
    )


def _help(window: Window) -> tuple[ActionRow, ...]:
    return (
        ActionRow("palette", "Help", "&Command palette…", window.show_palette, "Ctrl+Shift+P", "search"),
        ActionRow("shortcuts", "Help", "&Keys and mouse…", window.show_shortcuts, "Ctrl+/", "help"),
        ActionRow("manual", "Help", "&Manual", window.open_manual, QKeySequence.StandardKey.HelpContents),
        ActionRow("about", "Help", "&About S2 Studio", window.show_about),
    )

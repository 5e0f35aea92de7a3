"""The mesh under a real mouse and real keys: slices are selected, moved, swapped, pinned, and all of it undone."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from s2studio.chip.machine import PE
from s2studio.draw.metrics import METRICS, slice_means
from s2studio.gui.views.mesh_view import MeshView
from s2studio.gui.window import Window
from s2studio.mapping.mapping import ChipMapping
from s2studio.resources import resource_path
from s2studio.session.profile import profile
from s2studio.session.reader import open_session
from tests.gui.conftest import Until

DIGITS = resource_path("sample_projects", "event_digits", "project.yaml")
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(scope="module")
def shared(application: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Window, ChipMapping]]:
    """One window for all tests, with a network of many slices open, and its mapping."""
    folder = tmp_path_factory.mktemp("mesh")
    found = Window(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    found.controller.session_folder = folder / "sessions"
    found.resize(1280, 800)
    found.show()
    found.asks_before_closing = False
    found.show_preset("Map")
    found.open_paths([DIGITS])
    studio = found.controller.studio
    end = time.monotonic() + 60
    while studio.mapping is None or studio.busy is not None:
        application.processEvents()
        assert time.monotonic() < end, "nothing was mapped"
    found.controller.edits.editing.wait()
    yield found, studio.mapping
    found.close()
    found.deleteLater()
    application.processEvents()


@pytest.fixture
def window(shared: tuple[Window, ChipMapping]) -> Window:
    """The window as it was when its network had just been mapped."""
    found, mapping = shared
    found.controller.undo.clear()
    found.controller.selection.clear()
    found.controller.studio.mapping = mapping
    found.mesh.view.focus = None
    found.mesh.view.fit(animated=False)
    found.activateWindow()
    for _ in range(20):
        QApplication.processEvents()
        time.sleep(0.002)
    return found


def mapping_of(window: Window) -> ChipMapping:
    found = window.controller.studio.mapping
    assert found is not None
    return found


def at(view: MeshView, pe: PE) -> QPoint:
    return view.rect_of(pe).center().toPoint()


def drag(view: MeshView, start: QPoint, stop: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """Drag in steps, as a hand does, without letting go."""
    QTest.mousePress(view, LEFT, modifiers, start)
    for share in (0.1, 0.4, 0.7, 1.0):
        point = QPointF(start) + (QPointF(stop) - QPointF(start)) * share
        QTest.mouseMove(view, point.toPoint())
        # QTest's moves carry no button offscreen; Qt asks the application for it.
        QApplication.processEvents()


def drop(view: MeshView, start: QPoint, stop: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
    drag(view, start, stop, modifiers)
    QTest.mouseRelease(view, LEFT, modifiers, stop)


def free_pes(window: Window) -> list[PE]:
    machine = window.controller.studio.machine
    assert machine is not None
    used = {piece.pe for piece in mapping_of(window).slices}
    return [pe for pe in machine.usable_pes if pe not in used]


def test_that_a_slice_is_moved_by_dragging_it_and_the_step_can_be_undone(window: Window) -> None:
    before = mapping_of(window)
    view, target = window.mesh.view, free_pes(window)[20]
    drop(view, at(view, before.slices[4].pe), at(view, target))
    assert mapping_of(window).slices[4].pe == target
    assert window.controller.undo.undoText() == f"Move lif1[1] to {target}"
    QTest.keySequence(window, QKeySequence(QKeySequence.StandardKey.Undo))
    assert mapping_of(window) is before
    QTest.keySequence(window, QKeySequence(QKeySequence.StandardKey.Redo))
    assert mapping_of(window).slices[4].pe == target


def test_that_a_slice_dropped_on_another_is_swapped(window: Window) -> None:
    before = mapping_of(window)
    view = window.mesh.view
    drop(view, at(view, before.slices[0].pe), at(view, before.slices[9].pe))
    after = mapping_of(window)
    assert (after.slices[0].pe, after.slices[9].pe) == (before.slices[9].pe, before.slices[0].pe)


def test_that_the_strip_tells_the_change_while_a_slice_is_held(window: Window) -> None:
    before = mapping_of(window)
    view, editing = window.mesh.view, window.controller.edits.editing
    changes = editing.changes({15}, 15, free_pes(window))
    target = max(changes, key=lambda pe: changes[pe])
    drag(view, at(view, before.slices[15].pe), at(view, target))
    assert view.carried is not None
    assert view.carried.target == target
    assert window.mesh.strip.heading.text() == f"Move lif3[0] to {target}"
    hops = window.mesh.strip.changes()[0]
    assert "hops" in hops
    assert "%" in hops
    assert mapping_of(window) is before  # nothing happened yet
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.carried is None
    QTest.mouseRelease(view, LEFT, NONE, at(view, target))
    assert mapping_of(window) is before


def test_that_a_reserved_pe_refuses_a_slice_and_says_why(window: Window) -> None:
    before = mapping_of(window)
    machine = window.controller.studio.machine
    assert machine is not None
    view, reserved = window.mesh.view, next(iter(machine.reserved_pes))
    drop(view, at(view, before.slices[4].pe), at(view, reserved))
    assert mapping_of(window) is before
    assert "reserves" in window.mesh.strip.heading.text()


def test_that_several_slices_move_together(window: Window) -> None:
    before = mapping_of(window)
    view = window.mesh.view
    first, second = before.slices[0].pe, before.slices[1].pe
    QTest.mouseClick(view, LEFT, NONE, at(view, first))
    QTest.mouseClick(view, LEFT, SHIFT, at(view, second))
    assert window.controller.selection.now.slices == frozenset({0, 1})
    target = PE(0, 0, 2, 2, 0)
    drop(view, at(view, first), at(view, target))
    after = mapping_of(window)
    assert [after.slices[0].pe, after.slices[1].pe] == [target, PE(0, 0, 2, 2, 1)]
    assert window.controller.undo.count() == 1


def test_that_a_rubber_band_selects_what_it_touches(window: Window) -> None:
    before = mapping_of(window)
    view = window.mesh.view
    cell = [view.rect_of(piece.pe) for piece in before.slices[:4]]
    outer = cell[0].united(cell[1]).united(cell[2]).united(cell[3]).adjusted(-6, -6, 6, 6).toRect()
    drop(view, outer.topLeft(), outer.bottomRight(), SHIFT)
    assert window.controller.selection.now.slices == frozenset(range(4))


def test_that_dragging_beside_slices_moves_the_chip_and_nothing_else(window: Window) -> None:
    before = mapping_of(window)
    view, free = window.mesh.view, free_pes(window)[60]
    start = at(view, free)
    drop(view, start, start + QPoint(40, 25))
    assert at(view, free) == start + QPoint(40, 25)
    assert mapping_of(window) is before


def test_that_a_slice_is_moved_by_keys_alone(window: Window) -> None:
    before = mapping_of(window)
    view = window.mesh.view
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Right)  # the focus begins at the first slice
    assert view.focus == before.slices[0].pe
    assert window.controller.selection.now.slices == frozenset({0})
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert view.carried is not None
    for _ in range(6):
        QTest.keyClick(view, Qt.Key.Key_Left)
    target = view.focus
    assert target is not None
    assert target in free_pes(window)
    QTest.keyClick(view, Qt.Key.Key_M)
    assert mapping_of(window).slices[0].pe == target


def test_that_the_wheel_zooms_around_the_pointer(window: Window, until: Until) -> None:
    view, pe = window.mesh.view, free_pes(window)[30]
    before = view.rect_of(pe)
    view.zoom(2.0, before.center())
    until(lambda: view.rect_of(pe).width() > 1.99 * before.width())
    assert (view.rect_of(pe).center() - before.center()).manhattanLength() < 1.0
    view.fit()
    until(lambda: abs(view.rect_of(pe).width() - before.width()) < 0.01)


def test_that_menu_edits_are_steps_with_readable_names(window: Window) -> None:
    before = mapping_of(window)
    view, do = window.mesh.view, window.actions_
    assert not do["split"].isEnabled()
    QTest.mouseClick(view, LEFT, NONE, at(view, before.slices[3].pe))
    do["split"].trigger()
    assert len(mapping_of(window).slices) == len(before.slices) + 1
    assert window.controller.selection.now.slices == frozenset({3, 4})  # both parts
    do["merge"].trigger()
    assert len(mapping_of(window).slices) == len(before.slices)
    do["pin"].trigger()
    assert list(mapping_of(window).options.pinned) == ["lif1[0]"]
    assert not do["pin"].isEnabled()
    do["unpin"].trigger()
    assert not mapping_of(window).options.pinned
    free = free_pes(window)[0]
    QTest.mouseClick(view, LEFT, NONE, at(view, free))
    do["forbid"].trigger()
    assert mapping_of(window).options.forbidden == frozenset({free})
    do["allow"].trigger()
    assert not mapping_of(window).options.forbidden
    texts = [window.controller.undo.text(index) for index in range(window.controller.undo.count())]
    assert texts == [
        "Split lif1[0]", "Merge lif1[0]", "Pin lif1[0]", "Unpin lif1[0]", f"Forbid {free}", f"Allow {free}",
    ]  # fmt: skip


def test_that_the_rest_is_placed_by_the_engine_around_what_is_pinned(window: Window, until: Until) -> None:
    before = mapping_of(window)
    view, target = window.mesh.view, free_pes(window)[100]
    drop(view, at(view, before.slices[4].pe), at(view, target))
    window.actions_["pin"].trigger()
    pinned = mapping_of(window)
    window.controller.selection.clear()
    window.actions_["place_rest"].trigger()
    until(lambda: mapping_of(window) is not pinned)
    assert mapping_of(window).slices[4].pe == target
    assert window.controller.undo.undoText() == "Place the rest with sequential"


def test_that_a_run_gives_edits_its_traffic_and_the_mesh_the_numbers_of_pictures(window: Window, until: Until) -> None:
    window.controller.running.start()
    editing = window.controller.edits.editing
    until(lambda: editing.measured is not None)
    figures = editing.now()
    assert "ticks" in editing.basis
    assert figures[2].before is not None
    until(lambda: window.controller.source.view is not None)
    source, machine = window.controller.source, window.controller.studio.machine
    assert source.shown is not None
    assert source.view is not None
    assert machine is not None
    span = source.view.span
    ran = profile(open_session(source.shown.session).run(0), span.start, span.stop)
    scene = window.mesh.view.scene
    for metric in METRICS.values():
        window.mesh.show_metric(metric.name)
        scene = window.mesh.view.scene
        assert scene is not None
        assert scene.legend.title == metric.title
        assert scene.values == pytest.approx(metric.of(mapping_of(window), slice_means(ran), machine.spec))
    assert scene is not None
    assert scene.link_unit == "flits/tick"


def test_that_states_differ_without_colour(window: Window) -> None:
    """A free, a forbidden and a reserved PE look different in grey."""
    machine = window.controller.studio.machine
    assert machine is not None
    view, (forbidden, free) = window.mesh.view, free_pes(window)[50:52]
    QTest.mouseClick(view, LEFT, NONE, at(view, forbidden))
    window.actions_["forbid"].trigger()
    window.controller.selection.clear()
    view.focus = None
    view.pointed.emit(None, None)
    grey = view.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    pictures = []
    for pe in (free, forbidden, next(iter(machine.reserved_pes))):
        area = view.rect_of(pe).adjusted(2, 2, -2, -2).toRect()
        pixels = [
            grey.pixel(x, y) & 0xFF for x in range(area.left(), area.right()) for y in range(area.top(), area.bottom())
        ]
        pictures.append(max(pixels) - min(pixels))
    assert pictures[0] < 4  # an even surface
    assert pictures[1] > 20
    assert pictures[2] > 10


def test_that_no_two_commands_share_a_key(window: Window) -> None:
    keys = [window.actions_[name].shortcut().toString() for name in window.actions_.rows]
    used = [key for key in keys if key]
    assert len(used) == len(set(used))

"""The look of the window: palette, style sheet and plot colours, all from one `draw.theme.Theme`."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QWidget

from s2studio.draw.theme import BODY_PX, FONT_FAMILY, LARGE_PX, NEAR_PX, RADIUS_PX, SMALL_PX, THEMES, TIGHT_PX, Theme
from s2studio.gui.icons import icon_file

CHOICES = ("system", "dark", "light")


class ThemeSwitch(QObject):
    """Which theme the window has; `changed` carries the new one. `choice` system follows the desktop."""

    changed = Signal(object)

    def __init__(self, choice: str = "system", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choice = choice if choice in CHOICES else "system"
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)
        self.theme = self._theme()

    @property
    def choice(self) -> str:
        """One of `CHOICES`."""
        return self._choice

    def choose(self, choice: str) -> None:
        """Take another theme, at once and everywhere."""
        self._choice = choice
        self._apply()

    def apply(self) -> None:
        """Give the application the theme."""
        self._apply()

    def _system_changed(self) -> None:
        if self._choice == "system":
            self._apply()

    def _theme(self) -> Theme:
        if self._choice in THEMES:
            return THEMES[self._choice]
        is_light = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light
        return THEMES["light" if is_light else "dark"]

    def _apply(self) -> None:
        self.theme = self._theme()
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.setPalette(palette(self.theme))
            application.setStyleSheet(style_sheet(self.theme))
        self.changed.emit(self.theme)


def application_font() -> QFont:
    """Return the font of the window at the body size."""
    font = QFont()
    font.setFamilies([family.strip(" '") for family in FONT_FAMILY.split(",")])
    font.setPixelSize(BODY_PX)
    return font


def small_font() -> QFont:
    """Return the font of axes and other small print."""
    font = application_font()
    font.setPixelSize(SMALL_PX)
    return font


def give_room(root: QWidget) -> None:
    """Let the texts of spin boxes below `root` begin where those of all other fields do: no style sheet does."""
    for box in root.findChildren(QAbstractSpinBox):
        box.lineEdit().setTextMargins(TIGHT_PX, 0, 0, 0)


def palette(theme: Theme) -> QPalette:
    """Return the Qt palette of `theme`."""
    roles = QPalette.ColorRole
    colours = {
        roles.Window: theme.background,
        roles.WindowText: theme.text,
        roles.Base: theme.surface,
        roles.AlternateBase: theme.raised,
        roles.Text: theme.text,
        roles.Button: theme.raised,
        roles.ButtonText: theme.text,
        roles.Highlight: theme.selection,
        roles.HighlightedText: theme.text,
        roles.ToolTipBase: theme.raised,
        roles.ToolTipText: theme.text,
        roles.PlaceholderText: theme.muted,
        roles.Link: theme.accent,
        roles.Mid: theme.border,
    }
    found = QPalette()
    for role, colour in colours.items():
        found.setColor(role, QColor(colour))
    for role in (roles.Text, roles.WindowText, roles.ButtonText):
        found.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.muted))
    return found


def style_sheet(theme: Theme) -> str:
    """Return the style sheet of `theme`: flat surfaces, hairlines, colour only where it means something."""
    icons = {
        "chevron-down": icon_file("chevron-down", theme.muted),
        "chevron-up": icon_file("chevron-up", theme.muted),
        "check": icon_file("check", theme.on_accent),
    }
    return f"""
    QWidget {{ color: {theme.text}; font-size: {BODY_PX}px; }}
    QMainWindow, QDialog, QMainWindow::separator {{ background: {theme.background}; }}
    QMainWindow::separator {{ width: {TIGHT_PX}px; height: {TIGHT_PX}px; }}
    QMainWindow::separator:hover {{ background: {theme.accent}; }}
    QDockWidget {{ titlebar-close-icon: none; titlebar-normal-icon: none; color: {theme.muted}; }}
    QDockWidget::title {{ background: {theme.surface}; padding: {TIGHT_PX + 2}px {NEAR_PX}px; }}
    QDockWidget > QWidget, .Panel {{ background: {theme.surface}; }}
    QTabBar {{ qproperty-drawBase: 0; }}
    QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
    QTabBar::tab {{ background: transparent; color: {theme.muted}; padding: {TIGHT_PX + 2}px {NEAR_PX + 4}px;
        border: none; border-bottom: 2px solid transparent; }}
    QTabBar::tab:selected {{ color: {theme.text}; border-bottom: 2px solid {theme.accent}; }}
    QTabBar::tab:hover {{ color: {theme.text}; }}
    QTabWidget::pane {{ border: none; }}
    QMenuBar {{ background: {theme.surface}; padding: 2px {TIGHT_PX}px; }}
    QMenuBar::item {{ padding: {TIGHT_PX}px {NEAR_PX}px; border-radius: {RADIUS_PX}px; background: transparent; }}
    QMenuBar::item:selected, QMenu::item:selected {{ background: {theme.raised}; color: {theme.text}; }}
    QMenu {{ background: {theme.surface}; border: 1px solid {theme.border}; padding: {TIGHT_PX}px; }}
    QMenu::item {{ padding: {TIGHT_PX + 1}px {NEAR_PX * 3}px; border-radius: {RADIUS_PX}px; }}
    QMenu::item:disabled {{ color: {theme.muted}; }}
    QMenu::separator {{ height: 1px; background: {theme.border}; margin: {TIGHT_PX}px {NEAR_PX}px; }}
    QToolBar {{ background: {theme.surface}; border: none; border-bottom: 1px solid {theme.border};
        padding: {TIGHT_PX}px {NEAR_PX}px; spacing: {TIGHT_PX}px; }}
    QToolBar::separator {{ width: 1px; background: {theme.border}; margin: {TIGHT_PX}px {TIGHT_PX}px; }}
    QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: {RADIUS_PX}px;
        padding: {TIGHT_PX}px {TIGHT_PX + 2}px; }}
    QToolButton:hover {{ background: {theme.raised}; }}
    QToolButton:checked {{ background: {theme.raised}; border-color: {theme.border}; }}
    QToolButton:focus, QPushButton:focus {{ border-color: {theme.accent}; }}
    QToolButton:disabled {{ color: {theme.muted}; }}
    QPushButton {{ background: {theme.raised}; border: 1px solid {theme.border}; border-radius: {RADIUS_PX}px;
        padding: {TIGHT_PX + 2}px {NEAR_PX * 2}px; }}
    QPushButton:hover {{ border-color: {theme.accent}; }}
    QPushButton:default {{ background: {theme.accent}; color: {theme.on_accent}; border-color: {theme.accent}; }}
    QPushButton:checked {{ background: {theme.selection}; border-color: {theme.accent}; }}
    QPushButton:disabled {{ color: {theme.muted}; background: {theme.surface}; border-color: {theme.border}; }}
    QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit, QTextEdit, QListView, QTreeView, QTableView {{
        background: {theme.surface}; border: 1px solid {theme.border}; border-radius: {RADIUS_PX}px;
        selection-background-color: {theme.selection}; selection-color: {theme.text}; }}
    QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox {{ background: {theme.raised}; padding: 3px {TIGHT_PX + 2}px;
        min-height: 20px; }}
    QAbstractSpinBox QLineEdit {{ background: transparent; border: none; padding: 0 {TIGHT_PX}px; min-height: 0; }}
    QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus,
    QListView:focus, QTreeView:focus, QTableView:focus {{ border-color: {theme.accent}; }}
    QComboBox::drop-down {{ border: none; width: 22px; }}
    QComboBox::down-arrow, QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {{ image: url({icons["chevron-down"]});
        width: 12px; height: 12px; }}
    QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {{ image: url({icons["chevron-up"]}); width: 12px; height: 12px; }}
    QSpinBox::up-button, QDoubleSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::down-button {{
        background: transparent; border: none; width: 18px; }}
    QCheckBox::indicator, QTableView::indicator, QListView::indicator {{ width: 14px; height: 14px;
        border: 1px solid {theme.muted}; border-radius: 3px; background: {theme.surface}; }}
    QCheckBox::indicator:checked, QTableView::indicator:checked, QListView::indicator:checked {{
        background: {theme.accent}; border-color: {theme.accent}; image: url({icons["check"]}); }}
    QComboBox QAbstractItemView {{ background: {theme.surface}; border: 1px solid {theme.border}; }}
    QHeaderView::section {{ background: {theme.surface}; color: {theme.muted}; border: none; font-size: {SMALL_PX}px;
        border-bottom: 1px solid {theme.border}; padding: {TIGHT_PX}px {NEAR_PX}px; }}
    QTableView, QTreeView {{ gridline-color: {theme.grid}; alternate-background-color: {theme.raised}; }}
    QStatusBar {{ background: {theme.surface}; color: {theme.muted}; border-top: 1px solid {theme.border}; }}
    QStatusBar::item {{ border: none; }}
    QStatusBar QLabel {{ color: {theme.muted}; padding: 0 {NEAR_PX}px; font-size: {SMALL_PX}px; }}
    QProgressBar {{ background: {theme.raised}; border: none; border-radius: {RADIUS_PX}px; text-align: center;
        max-height: {NEAR_PX * 2}px; }}
    QProgressBar::chunk {{ background: {theme.accent}; border-radius: {RADIUS_PX}px; }}
    QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
    QScrollBar::handle {{ background: {theme.border}; border-radius: 4px; min-height: 24px; min-width: 24px;
        margin: 1px; }}
    QScrollBar::handle:hover {{ background: {theme.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
        background: transparent; width: 0; height: 0; }}
    QToolTip {{ background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.border};
        padding: {TIGHT_PX}px; }}
    QLabel[role="heading"] {{ font-size: {LARGE_PX}px; font-weight: 600; }}
    QLabel[role="muted"] {{ color: {theme.muted}; }}
    QLabel[role="small"] {{ color: {theme.muted}; font-size: {SMALL_PX}px; }}
    QLabel[role="bad"] {{ color: {theme.bad}; }}
    QLabel[role="good"] {{ color: {theme.good}; }}
    QLabel[role="warning"], QToolButton[role="warning"] {{ color: {theme.warning}; }}
    QToolButton[role="bad"] {{ color: {theme.bad}; }}
    QGraphicsView {{ background: transparent; border: none; }}
    QSplitter::handle {{ background: {theme.border}; }}
    QGroupBox {{ border: none; margin-top: {NEAR_PX * 2}px; font-weight: 600; }}
    QGroupBox::title {{ subcontrol-origin: margin; padding: 0; color: {theme.muted}; }}
    """

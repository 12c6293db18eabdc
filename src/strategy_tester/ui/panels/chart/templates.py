"""Templates: the indicators and the look of a chart under a name, to be put on any other."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton

from strategy_tester.ui import i18n, icons
from strategy_tester.ui.actions import Action
from strategy_tester.ui.dialogs import ask_name
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.chart.extra_panes import ExtraPanesFeature
from strategy_tester.ui.panels.chart.features import ChartFeature, on_current
from strategy_tester.ui.panels.chart.indicators import IndicatorsFeature
from strategy_tester.ui.panels.chart.indicators_state import indicators_of
from strategy_tester.ui.panels.chart.look import LookFeature
from strategy_tester.ui.panels.chart.templates_book import Template, TemplateBook, renamed_keys
from strategy_tester.ui.panels.chart.volume_profile import VolumeProfileFeature

if TYPE_CHECKING:
    from strategy_tester.ui.panels.chart.view import ChartPanel
    from strategy_tester.ui.view_context import ViewContext

PARTS: tuple[type[ChartFeature], ...] = (LookFeature, ExtraPanesFeature, VolumeProfileFeature)
"""What a template holds besides the indicators."""


class TemplatesFeature(ChartFeature):
    """Saves what is on this chart as a template, and puts templates on it."""

    key = "templates"

    def __init__(self, panel: "ChartPanel") -> None:
        super().__init__(panel)
        self.book = TemplateBook(panel.context.settings)
        self.applied = ""
        """Name of the template put on this chart last."""
        self._is_restored = False
        self.button, self.menu = QToolButton(), QMenu()
        self.button.setIcon(icons.icon("bookmark-multiple-outline"))
        self.button.setAutoRaise(True)
        self.button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.button.setMenu(self.menu)
        self.menu.aboutToShow.connect(self.fill_menu)
        panel.header.addWidget(self.button)
        i18n.retranslate_now_and_later(self._write_texts)
        # A chart of a saved workspace is given its state right after it was made; one without is a new chart.
        QTimer.singleShot(0, self, self._start_new_chart)

    @classmethod
    def actions(cls, context: "ViewContext") -> Sequence[Action]:
        """Save and manage."""
        return (
            Action(
                "chart.template_save", mark("Save the chart as a template…"), on_current(context, cls, cls.ask_name),
                "chart", (), "template", synonyms=("indicator template", "шаблон", "save layout"),
            ),
            Action(
                "chart.templates", mark("Templates of charts…"), on_current(context, cls, cls.manage), "chart", (),
                "bookmark-multiple-outline", synonyms=("шаблоны", "study template"),
            ),
        )  # fmt: skip

    def content(self) -> dict[str, Any]:
        """What a template of this chart holds."""
        parts = {kind.key: self.panel.feature(kind).save_state() for kind in PARTS}
        return {**parts, IndicatorsFeature.key: self.panel.feature(IndicatorsFeature).save_state()}

    def save_as(self, name: str) -> None:
        """Store what is on this chart under a name."""
        self.book.save(name, self.content())
        self.applied = name
        self.panel.context.toast(tr("Template “{name}” saved", name=name))

    def apply(self, template: Template) -> None:
        """Put a template on this chart in place of its indicators and look; what does not fit is passed over."""
        content = template.content
        feature = self.panel.feature(IndicatorsFeature)
        saved = content.get(IndicatorsFeature.key)
        feature.replace_all(saved)
        renamed = {
            old.pane_key: new.pane_key for old, new in zip(indicators_of(saved), feature.indicators, strict=False)
        }
        for kind in PARTS:
            state = renamed_keys(content.get(kind.key), lambda word: renamed.get(word, word))
            self.panel.feature(kind).restore_state(state)
        self.applied = template.name

    def apply_named(self, name: str) -> None:
        """Put a template on this chart, or say why not."""
        template = self.book.find(name)
        if template is None:
            self.panel.context.toast(
                tr("The template “{name}” cannot be read; the chart stays.", name=name), kind="warn"
            )
            return
        self.apply(template)

    def ask_name(self) -> None:
        """Ask for a name and save."""
        from strategy_tester.ui.panels.chart.templates_dialog import name_problem

        ask_name(
            self.panel.context.window, tr("Save the chart as a template"), tr("Save"), self.save_as,
            name=self.applied, problem=name_problem,
        )  # fmt: skip

    def manage(self) -> None:
        """Rename, delete, star, choose the one for new charts."""
        from strategy_tester.ui.panels.chart.templates_dialog import TemplatesDialog

        TemplatesDialog(self).show()

    def save_state(self) -> Any:
        """The template applied last; also tells a restored chart from a new one."""
        return {"applied": self.applied}

    def restore_state(self, state: Any) -> None:
        """The chart comes from a saved workspace: it is no new one."""
        self._is_restored = True
        applied = state.get("applied") if isinstance(state, dict) else None
        self.applied = applied if isinstance(applied, str) else ""

    def _start_new_chart(self) -> None:
        template = None if self._is_restored else self.book.default()
        if template is not None and not self.panel.feature(IndicatorsFeature).indicators:
            self.apply(template)

    def fill_menu(self) -> None:
        """The templates, favorites first, and what can be done with them."""
        self.menu.clear()
        for template in self.book.all():
            icon = "star" if template.is_favorite else ""
            self._add(template.name, lambda name=template.name: self.apply_named(name), icon)
        unreadable = self.book.unreadable()
        if unreadable:
            text = i18n.plural(
                "{count} template is of an unknown form and was passed over"
                "|{count} templates are of an unknown form and were passed over",
                unreadable,
            )
            self._add(text, None)
        if not self.menu.isEmpty():
            self.menu.addSeparator()
        self._add(tr("Save the chart as a template…"), self.ask_name, "add")
        self._add(tr("Templates of charts…"), self.manage)

    def _add(self, text: str, act: Any, icon: str = "") -> None:
        action = QAction(text.replace("&", "&&"), self.menu)
        if icon:
            action.setIcon(icons.icon(icon))
        action.setEnabled(act is not None)
        if act is not None:
            action.triggered.connect(lambda _on=False: act())
        self.menu.addAction(action)

    def _write_texts(self) -> None:
        self.button.setToolTip(tr("Templates: indicators and look under a name"))
        self.button.setAccessibleName(tr("Templates: indicators and look under a name"))

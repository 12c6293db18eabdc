"""Volume profile of the bars in sight, computed while the view rests."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from strategy_tester.ui.actions import Action
from strategy_tester.ui.charts.legend import Piece, Row
from strategy_tester.ui.charts.panes import Contribution
from strategy_tester.ui.charts.preparation import Preparation
from strategy_tester.ui.charts.volume_profile import (
    ProfileRequest,
    VolumeProfile,
    VolumeProfileLayer,
    profile_columns,
    volume_profile,
)
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.numbers import format_compact, format_number
from strategy_tester.ui.panels.chart.features import ChartFeature, on_current

if TYPE_CHECKING:
    from strategy_tester.ui.panels.chart.view import ChartPanel
    from strategy_tester.ui.view_context import ViewContext

OWNER = "volume-profile"
REST_MS = 50
"""The profile is computed once the view has been at rest this long."""


class VolumeProfileFeature(ChartFeature):
    """On or off, at the right or the left."""

    key = "volume_profile"
    changed = Signal()
    """It was switched on, off, or to the other side."""

    def __init__(self, panel: "ChartPanel") -> None:
        super().__init__(panel)
        self.is_on = False
        self.layer = VolumeProfileLayer(self._want)
        self._wanted: ProfileRequest | None = None
        self._shown: ProfileRequest | None = None
        self._work = Preparation(self)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._compute)
        panel.chart.candles_shown.connect(self._take_candles)
        panel.chart.bars_changed.connect(self._bars_changed)
        panel.chart.legend_button.connect(self._legend_button)

    @classmethod
    def actions(cls, context: "ViewContext") -> Sequence[Action]:
        """Switch it on or off."""

        def is_on() -> bool:
            panel = context.charts.current
            return panel is not None and panel.feature(cls).is_on

        return (
            Action(
                "chart.volume_profile", mark("Volume profile"),
                on_current(context, cls, lambda feature: feature.set_on(is_on=not feature.is_on)), "chart",
                is_checked=is_on, synonyms=("VPVR", "visible range", "профиль объёма", "market profile"),
                help=mark("Volume by price of the candles in sight, with point of control and value area."),
            ),
        )  # fmt: skip

    def set_on(self, *, is_on: bool, is_left: bool | None = None) -> None:
        """Show the profile or take it away; at the left or the right edge."""
        self.is_on = is_on
        if is_left is not None:
            self.layer.is_left = is_left
        self._forget()
        self._contribute()
        self.changed.emit()

    def fill_menu(self, menu: QMenu) -> None:
        """Add the choices to a menu."""
        for text, is_on, is_left in (
            (tr("Volume profile at the right"), True, False),
            (tr("Volume profile at the left"), True, True),
        ):
            is_chosen = self.is_on and self.layer.is_left is is_left
            action = QAction(text, menu)
            action.setCheckable(True)
            action.setChecked(is_chosen)
            action.triggered.connect(
                lambda _on=False, is_on=is_on and not is_chosen, is_left=is_left: self.set_on(
                    is_on=is_on, is_left=is_left
                )
            )
            menu.addAction(action)

    def save_state(self) -> Any:
        """On or off and the side."""
        return {"on": self.is_on, "left": self.layer.is_left} if self.is_on else None

    def restore_state(self, state: Any) -> None:
        """As saved."""
        item = state if isinstance(state, dict) else {}
        self.set_on(is_on=item.get("on") is True, is_left=item.get("left") is True)

    def _legend_button(self, owner: str, name: str) -> None:
        if (owner, name) == (OWNER, "remove"):
            self.set_on(is_on=False)

    def _forget(self) -> None:
        self._work.cancel()
        self._rest.stop()
        self.layer.profile = self._wanted = self._shown = None

    def _contribute(self) -> None:
        contribution = Contribution([self.layer], [], [], self._legend) if self.is_on else None
        self.panel.chart.contribute(OWNER, contribution)

    def _take_candles(self) -> None:
        """A profile of other candles would be a wrong one."""
        self._forget()
        self._contribute()

    def _bars_changed(self) -> None:
        self._shown = None

    def _want(self, request: ProfileRequest) -> None:
        """A frame shows these bars: unless the profile is of them, compute it once the view rests."""
        if request in (self._shown, self._wanted):
            return
        self._wanted = request
        self._rest.start()

    def _compute(self) -> None:
        request, shown = self._wanted, self.panel.chart.model.candles
        if request is None or shown is None or not self.is_on:
            return
        columns = profile_columns(shown)
        first, last = request.first_bar, min(request.last_bar, len(shown))

        def arrived(profile: VolumeProfile | None) -> None:
            self.layer.profile, self._shown, self._wanted = profile, request, None
            self.panel.chart.canvas.refresh()

        self._work.start(lambda: volume_profile(columns, first, last, request.rows), arrived)

    def _legend(self, _bar: int | None) -> list[Row]:
        owner, candles = OWNER, self.panel.chart.model.candles
        title = Piece(tr("Volume profile"), "muted", owner=owner, buttons=("remove",))
        profile = self.layer.profile
        if profile is None or candles is None:
            return [(title,)]
        values = (
            (tr("POC"), profile.point_of_control), (tr("VAH"), profile.value_area_high),
            (tr("VAL"), profile.value_area_low),
        )  # fmt: skip
        pieces = [title]
        for name, value in values:
            pieces.append(Piece(name, "muted", keeps_next=True, owner=owner))
            pieces.append(Piece(format_number(value, candles.decimals), "text", owner=owner))
        pieces.append(Piece(tr("Vol"), "muted", keeps_next=True, owner=owner))
        pieces.append(Piece(format_compact(profile.total), "text", owner=owner))
        return [tuple(pieces)]

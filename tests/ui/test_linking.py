"""Links between panels, without panels."""

import pytest

from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.ports import SeriesKey
from strategy_tester.ui import theme
from strategy_tester.ui.linking import (
    COLORS,
    MAIN,
    LinkGroups,
    PanelLink,
    Period,
    link_color,
    series_from_json,
    series_to_json,
)  # fmt: skip


def key(symbol: str, frame: str) -> SeriesKey:
    return SeriesKey(symbol, Timeframe.parse(frame), "test")


BTC_1H, BTC_5M, ETH_1H, ETH_5M = key("BTC", "1h"), key("BTC", "5m"), key("ETH", "1h"), key("ETH", "5m")


@pytest.fixture
def groups() -> LinkGroups:
    groups = LinkGroups()
    groups.know([BTC_1H, BTC_5M, ETH_1H, ETH_5M])
    return groups


def link(groups: LinkGroups, color: str = "green", series: SeriesKey | None = None, shares: set[str] | None = None):
    made = PanelLink(groups, "", groups)
    if series is not None:
        made.select(series)
    for part in ("symbol", "timeframe", "pointer", "period"):
        if shares is not None:
            made.share(part, part in shares)
    made.join(color)
    return made


def test_panels_of_a_group_show_the_same_series(groups):
    one, two, alone = link(groups, series=BTC_1H), link(groups), link(groups, "", ETH_5M)
    assert two.series == BTC_1H
    two.select(ETH_5M)
    assert (one.series, two.series, alone.series) == (ETH_5M, ETH_5M, ETH_5M)
    one.select(BTC_5M)
    assert (two.series, alone.series) == (BTC_5M, ETH_5M)


def test_groups_do_not_hear_each_other(groups):
    green, red = link(groups, "green", BTC_1H), link(groups, "red", ETH_1H)
    green.select(BTC_5M)
    assert red.series == ETH_1H


def test_panel_that_shares_the_symbol_alone_keeps_its_timeframe(groups):
    one = link(groups, series=BTC_1H)
    other = link(groups, series=ETH_5M, shares={"symbol"})
    assert other.series == BTC_5M
    one.select(ETH_1H)
    assert other.series == ETH_5M
    other.select(BTC_5M)
    assert one.series == BTC_1H
    other.select(BTC_1H)
    assert one.series == BTC_1H


def test_timeframe_that_a_market_lacks_is_replaced_by_the_nearest(groups):
    groups.know([BTC_1H, ETH_5M, key("XRP", "4h")])
    one = link(groups, series=BTC_1H)
    other = link(groups, series=ETH_5M, shares={"symbol"})
    one.select(key("XRP", "4h"))
    assert other.series == key("XRP", "4h")


def test_panel_that_shares_neither_is_left_alone(groups):
    one = link(groups, series=BTC_1H)
    other = link(groups, series=ETH_5M, shares={"pointer"})
    one.select(BTC_5M)
    assert other.series == ETH_5M
    other.select(ETH_1H)
    assert one.series == BTC_5M


def test_leaving_a_group_keeps_the_series_and_ends_the_hearing(groups):
    one, two = link(groups, series=BTC_1H), link(groups)
    two.join("")
    one.select(ETH_1H)
    assert two.series == BTC_1H
    two.join("green")
    assert two.series == ETH_1H


def test_pointer_is_told_to_the_others_once_a_frame(groups, qtbot):
    one, two, deaf = link(groups, series=BTC_1H), link(groups), link(groups, shares={"symbol"})
    heard: list[tuple[str, object]] = []
    for name, panel in (("one", one), ("two", two), ("deaf", deaf)):
        panel.pointer_moved.connect(lambda time_ms, name=name: heard.append((name, time_ms)))
    for time_ms in range(1000, 1050):
        one.move_pointer(time_ms)
    assert heard == []
    qtbot.waitUntil(lambda: bool(heard), timeout=1000)
    qtbot.wait(40)
    assert heard == [("two", 1049)]


def test_period_is_told_only_to_those_who_share_it(groups, qtbot):
    one = link(groups, series=BTC_1H, shares={"symbol", "period"})
    two, usual = link(groups, shares={"period"}), link(groups)
    heard: list[str] = []
    one.period_moved.connect(lambda _period: heard.append("one"))
    two.period_moved.connect(lambda period: heard.append(f"two {period.start_ms}"))
    usual.period_moved.connect(lambda _period: heard.append("usual"))
    one.show_period(Period(5.0, 9.0))
    qtbot.waitUntil(lambda: bool(heard), timeout=1000)
    qtbot.wait(40)
    assert heard == ["two 5.0"]
    assert two.group_period() == Period(5.0, 9.0)
    assert usual.group_period() is None


def test_state_is_taken_up_again(groups):
    one = link(groups, "violet", ETH_5M, {"symbol", "period"})
    saved = one.save()
    assert saved == {"color": "violet", "shares": ["symbol", "period"], "series": ["ETH", "5m", "test"]}
    again = PanelLink(LinkGroups(), MAIN)
    again.restore(saved)
    assert (again.color, again.series) == ("violet", ETH_5M)
    assert [again.shares(part) for part in ("symbol", "timeframe", "pointer", "period")] == [True, False, False, True]


@pytest.mark.parametrize("saved", [None, 3, {"color": 7, "shares": ["nonsense"], "series": ["A", "7x", "b"]}])
def test_damaged_state_is_passed_over(groups, saved):
    panel = PanelLink(groups, "")
    panel.restore(saved)
    assert panel.series is None
    assert panel.color == ""


def test_series_as_json():
    assert series_to_json(BTC_5M) == ["BTC", "5m", "test"]
    assert series_from_json(["BTC", "5m", "test"]) == BTC_5M
    assert series_from_json(["BTC", "5 parsecs", "test"]) is None
    assert series_from_json("BTC") is None


def test_every_group_has_a_letter_and_a_color_of_its_own_that_can_be_read():
    assert [letter for _, letter in COLORS.values()] == ["A", "B", "C", "D", "E", "F"]
    for look in theme.THEMES.values():
        shown = [link_color(name, look) for name in COLORS]
        assert len(set(shown)) == 6
        assert all(theme.contrast(color, look.panel) >= 4.5 for color in shown)

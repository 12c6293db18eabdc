"""The main states of the program, and the way to each of them."""

from collections.abc import Callable

from golden.stage import Stage

LOOKS = [(theme, language) for theme in ("dark", "light") for language in ("en", "ru")]
WINDOW = (1440, 900)


def play(stage: Stage) -> None:
    """Go through the states of a setting, taking a picture of each."""
    stage.window.move(0, 0)
    stage.window.resize(*WINDOW)
    stage.window.fit_default_layout(*WINDOW)
    stage.rest()
    if stage.setting.name == "two-monitors":
        _show_demo(stage)
        _two_monitors(stage)
        return
    if stage.setting.name == "100":
        stage.take("empty.dark.en")
    _show_demo(stage)
    _in_every_look(stage, "research")
    stage.do("workspace.2")
    stage.take("live.dark.en")
    stage.do("workspace.1")
    if stage.setting.name == "100":
        _panels(stage)
        _overlays(stage)
        _chart(stage)
        _pairs_of_colors(stage)
        stage.do("workspace.3")
        stage.take("grid.dark.en")


def _show_demo(stage: Stage) -> None:
    from strategy_tester.cli.demo_command import show_demo

    shown: list[object] = []
    stage.context.workbench.backtest_shown.connect(shown.append)
    show_demo(stage.context)
    stage.wait_until(lambda: bool(shown))
    stage.rest()


def _in_every_look(stage: Stage, name: str) -> None:
    from strategy_tester.ui import i18n, theme

    for wanted, language in LOOKS:
        i18n.set_language(language)
        if theme.current_theme().is_dark != (wanted == "dark"):
            stage.context.actions.trigger("view.theme")
        stage.rest()
        stage.take(f"{name}.{wanted}.{language}")
    i18n.set_language("en")
    stage.do("view.theme")


def _panels(stage: Stage) -> None:
    for panel in ("trades", "runs", "data", "jobs"):
        stage.do(f"panel.{panel}")
        stage.take(f"{panel}.dark.en")
    stage.do("panel.results")


def _overlays(stage: Stage) -> None:
    for action in ("view.palette", "search.quick", "help.keys", "settings.open"):
        stage.do(action)
        stage.take_all(f"{action.partition('.')[2]}.dark.en")
        stage.close_overlays()


def _chart(stage: Stage) -> None:
    from strategy_tester.domain.drawings import Anchor

    panel = stage.panel("chart")
    chart = panel.chart
    base = chart.model.base
    last, price = base.last_slot, float(chart.model.candles.close.values[-1])

    def anchor(back: int, share: float) -> Anchor:
        return Anchor(base.time_of(last - back), price * (1.0 + share))

    stage.draw("trend_line", [anchor(140, 0.03), anchor(40, 0.06)])
    stage.draw("fib_retracement", [anchor(110, 0.11), anchor(10, 0.0)])
    stage.draw("long_position", [anchor(70, 0.03), anchor(20, 0.07), anchor(20, 0.01)])
    stage.do("chart.volume_profile")
    stage.do("chart.type_heikin_ashi")
    stage.take("drawings.dark.en")
    stage.do("chart.volume_profile")
    stage.do("chart.type_candles")
    for action in ("chart.type_hollow", "chart.type_bars", "chart.type_area", "chart.percent"):
        stage.do(action)
        stage.take(f"{action.partition('.')[2]}.dark.en", chart)
    stage.do("chart.percent")
    stage.do("chart.type_candles")


def _pairs_of_colors(stage: Stage) -> None:
    for action in ("view.color_blind", "view.inverted"):
        stage.do(action)
        stage.take(f"{action.partition('.')[2]}.dark.en", stage.panel("chart").chart)
        stage.do(action)


def _two_monitors(stage: Stage) -> None:
    _go_to_workspace(stage, lambda name: "monitor" in name.lower())
    stage.take_desktop("desk.dark.en")
    stage.do("view.theme")
    stage.take_desktop("desk.light.en")


def _go_to_workspace(stage: Stage, is_wanted: Callable[[str], bool]) -> None:
    names = stage.window.workspaces.names()
    number = next(place for place, name in enumerate(names, start=1) if is_wanted(name))
    stage.do(f"workspace.{number}")

"""Templates of charts: saved, put on others, starred, renamed, deleted; old ones passed over."""

import pytest

from fakes import MemorySettings
from strategy_tester.services.chart_indicators import indicator_entry
from strategy_tester.ui.panels.chart.extra_panes import ExtraPanesFeature
from strategy_tester.ui.panels.chart.indicators import IndicatorsFeature
from strategy_tester.ui.panels.chart.templates import TemplatesFeature
from strategy_tester.ui.panels.chart.templates_book import KEY, TemplateBook, renamed_keys
from strategy_tester.ui.panels.chart.templates_dialog import TemplatesDialog
from strategy_tester.ui.panels.chart.volume_profile import VolumeProfileFeature


@pytest.fixture
def book(settings: MemorySettings) -> TemplateBook:
    return TemplateBook(settings)


def test_templates_are_listed_favorites_first(book):
    for name in ("b", "a", "C"):
        book.save(name, {})
    book.set_favorite("C", is_favorite=True)
    assert [(one.name, one.is_favorite) for one in book.all()] == [("C", True), ("a", False), ("b", False)]


def test_saving_again_replaces_and_keeps_the_star(book):
    book.save("mine", {"indicators": [1]})
    book.set_favorite("mine", is_favorite=True)
    book.save("mine", {"indicators": [2]})
    (found,) = book.all()
    assert (found.content, found.is_favorite) == ({"indicators": [2]}, True)


def test_a_renamed_template_stays_the_one_for_new_charts(book):
    book.save("old", {"look": {}})
    book.set_default("old")
    book.rename("old", "new")
    assert book.default().name == "new"
    assert [one.name for one in book.all()] == ["new"]
    book.delete("new")
    assert book.default() is None
    assert book.all() == []


def test_templates_of_an_unknown_form_are_passed_over_and_kept(settings, book):
    future = {"form": 9, "name": "tomorrow", "content": {}}
    settings.set(KEY, {"templates": [future, 5, {"form": 1, "name": "  ", "content": {}}], "default": "tomorrow"})
    assert book.all() == []
    assert book.unreadable() == 3
    assert book.default() is None
    book.save("mine", {})
    assert settings.get(KEY)["templates"][0] == future
    settings.set(KEY, "nonsense")
    assert book.all() == []


def test_keys_are_renamed_wherever_they_stand():
    saved = {"order": ["price", "indicator:1"], "heights": {"indicator:1": 0.5}, "alone": None}
    names = {"indicator:1": "indicator:8"}
    assert renamed_keys(saved, lambda word: names.get(word, word)) == {
        "order": ["price", "indicator:8"], "heights": {"indicator:8": 0.5}, "alone": None,
    }  # fmt: skip


@pytest.fixture
def panel(stored, open_panels):
    shell = open_panels("chart")
    panel = shell.panel("chart")
    panel.chart.wait_until_shown()
    panel.rest = shell.come_to_rest
    return panel


def dress(panel) -> None:
    """Two indicators with the panes swapped, a log scale, the profile, and funding wanted."""
    indicators = panel.feature(IndicatorsFeature)
    indicators.add(indicator_entry("RSI"))
    indicators.add(indicator_entry("MACD"))
    panel.rest()
    panel.chart.set_scale("log")
    panel.chart.set_chart_type("line")
    panel.chart.move_pane("indicator:2", 1)
    panel.feature(VolumeProfileFeature).set_on(is_on=True)
    panel.feature(ExtraPanesFeature).set_wanted({"funding"})


def undress(panel) -> None:
    panel.feature(IndicatorsFeature).replace_all(None)
    panel.chart.set_scale("linear")
    panel.chart.set_chart_type("candles")
    panel.feature(VolumeProfileFeature).set_on(is_on=False)
    panel.feature(ExtraPanesFeature).set_wanted(set())


def test_a_template_brings_indicators_look_and_panes_back(panel):
    dress(panel)
    templates = panel.feature(TemplatesFeature)
    templates.save_as("mine")
    undress(panel)
    templates.apply_named("mine")
    panel.rest()
    assert [one.name for one in panel.feature(IndicatorsFeature).indicators] == ["RSI", "MACD"]
    assert (panel.chart.scale, panel.chart.chart_type) == ("log", "line")
    assert panel.feature(VolumeProfileFeature).is_on
    assert panel.feature(ExtraPanesFeature).wanted == {"funding"}
    titles = [pane.title for pane in panel.chart.model.panes]
    assert titles.index("MACD 12 26 9") < titles.index("RSI 14")


def test_a_new_chart_starts_with_the_default_template(stored, settings, open_panels):
    content = {"indicators": [{"name": "SMA", "settings": {"period": 7}}], "look": {"scale": "log"}}
    book = TemplateBook(settings)
    book.save("start", content)
    book.set_default("start")
    shell = open_panels("chart")
    shell.come_to_rest()
    panel = shell.panel("chart")
    assert [one.title for one in panel.feature(IndicatorsFeature).indicators] == ["SMA 7"]
    assert panel.chart.scale == "log"


def test_a_restored_chart_is_no_new_one(panel, settings, qtbot):
    book = TemplateBook(settings)
    book.save("start", {"indicators": [{"name": "SMA", "settings": {}}]})
    book.set_default("start")
    templates = panel.feature(TemplatesFeature)
    templates.restore_state(templates.save_state())
    templates._start_new_chart()
    assert panel.feature(IndicatorsFeature).indicators == []


def test_a_template_that_is_gone_leaves_the_chart_as_it_is(panel):
    dress(panel)
    panel.feature(TemplatesFeature).apply_named("gone")
    assert len(panel.feature(IndicatorsFeature).indicators) == 2


def test_a_template_with_nonsense_is_put_on_as_far_as_it_goes(panel, book):
    book.save("odd", {"indicators": 5, "look": [], "extra_panes": "x", "volume_profile": None})
    panel.feature(TemplatesFeature).apply_named("odd")
    assert panel.feature(IndicatorsFeature).indicators == []


def test_the_menu_lists_favorites_and_tells_of_unreadable_ones(panel, settings, book):
    book.save("plain", {})
    book.save("loved", {})
    book.set_favorite("loved", is_favorite=True)
    settings.set(KEY, {**settings.get(KEY), "templates": [*settings.get(KEY)["templates"], {"form": 9}]})
    templates = panel.feature(TemplatesFeature)
    templates.fill_menu()
    assert [action.text() for action in templates.menu.actions() if action.text()] == [
        "loved", "plain", "1 template is of an unknown form and was passed over",
        "Save the chart as a template…", "Templates of charts…",
    ]  # fmt: skip


def test_the_dialog_stars_renames_and_chooses_the_default(panel, book):
    book.save("one", {})
    dialog = TemplatesDialog(panel.feature(TemplatesFeature))
    dialog.show()
    rename, star, default, delete = dialog.buttons
    assert dialog.name() == "one"
    star.click()
    assert book.find("one").is_favorite
    default.click()
    assert book.default().name == "one"
    assert dialog.list.item(0).text() == "one (for new charts)"
    default.click()
    assert book.default() is None
    rename.click()
    question = dialog.findChildren(type(dialog).__mro__[1])[0]
    question.field.setText("two")
    question.accept()
    assert [one.name for one in book.all()] == ["two"]
    delete.click()
    answer = next(child for child in dialog.findChildren(type(question).__mro__[1]) if hasattr(child, "yes"))
    answer.yes.click()
    assert book.all() == []
    assert not dialog.apply_button.isEnabled()
    dialog.close()

import pytest

from strategy_tester.ui import i18n
from strategy_tester.ui.i18n import plural, russian_form, tr


def test_key_is_the_english_text():
    assert tr("Trades") == "Trades"
    i18n.set_language("ru")
    assert tr("Trades") == "Сделки"
    assert tr("No such text anywhere") == "No such text anywhere"


def test_values_are_put_in():
    i18n.set_language("ru")
    assert tr("{shown} of {total}", shown=3, total=7) == "3 из 7"


def test_change_of_language_is_told(qtbot):
    with qtbot.waitSignal(i18n.language_changed) as told:
        i18n.set_language("ru")
    assert told.args == ["ru"]
    i18n.set_language("tlh")
    assert i18n.language() == "en"


@pytest.mark.parametrize(
    ("count", "form"),
    [(1, 0), (21, 0), (101, 0), (2, 1), (4, 1), (23, 1), (0, 2), (5, 2), (11, 2), (12, 2), (14, 2), (111, 2), (112, 2)],
)
def test_russian_plural_forms(count: int, form: int):
    assert russian_form(count) == form


def test_plurals_in_both_languages():
    forms = "{count} trade|{count} trades"
    assert [plural(forms, count) for count in (1, 2, 0)] == ["1 trade", "2 trades", "0 trades"]
    i18n.set_language("ru")
    assert [plural(forms, count) for count in (1, 3, 5, 1204)] == [
        "1 сделка", "3 сделки", "5 сделок", "1\u202f204 сделки",
    ]  # fmt: skip

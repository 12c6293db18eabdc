"""What connections say went wrong is said in the user's language, whatever number or name stands in it."""

import pytest

from strategy_tester.ui import i18n
from strategy_tester.ui.exchange_words import exchange_words


@pytest.mark.parametrize(
    ("text", "russian"),
    [
        ("Check the connection to the internet.", "Проверьте подключение к интернету."),
        ("Bybit cannot be reached: the connection failed", "Bybit: нет связи — не удалось соединиться"),
        (
            "Bybit did not answer several times in a row; nothing is sent for 20 seconds",
            "Bybit несколько раз подряд не ответила; 20 с запросов не будет",
        ),
        ("no data for 6 s", "нет данных 6 с"),
        ("Not supported symbols (10001)", "Not supported symbols (10001)"),
        ("", ""),
    ],
)
def test_usual_sentences_are_known_by_their_form(qapp, text: str, russian: str):
    assert exchange_words(text) == text
    i18n.set_language("ru")
    try:
        assert exchange_words(text) == russian
    finally:
        i18n.set_language("en")

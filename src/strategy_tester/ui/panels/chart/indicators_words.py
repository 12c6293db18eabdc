"""Words by which an indicator is found besides its title: other programs' names, and how traders call it."""

from collections.abc import Sequence

from strategy_tester.services.chart_indicators import IndicatorEntry
from strategy_tester.ui import i18n

SYNONYMS: dict[str, tuple[str, ...]] = {
    "AC": ("accelerator", "ускорение билла вильямса"),
    "AD": ("accum/dist", "накопление распределение"),
    "ADOSC": ("chaikin", "чайкин", "чайкина"),
    "ADX": ("сила тренда", "trend strength", "адх"),
    "ALLIGATOR": ("bill williams", "билл вильямс", "аллигатор"),
    "AO": ("awesome", "чудесный осциллятор", "билл вильямс"),
    "ATR": ("средний истинный диапазон", "атр"),
    "AVWAP": ("vwap auto anchored", "якорь"),
    "BB": ("bollinger", "боллинджер", "полосы", "ленты"),
    "BOP": ("balance", "баланс"),
    "CCI": ("товарный канал",),
    "CHANDELIER": ("chandelier stop", "люстра", "ce"),
    "CHOP": ("боковик", "флэт", "sideways"),
    "CMF": ("chaikin", "чайкин"),
    "CMO": ("чанде",),
    "DEMA": ("двойная ema",),
    "DMI": ("di+", "di-", "+di", "-di", "направленное движение"),
    "DONCHIAN": ("price channel", "дончиан", "черепахи", "turtle"),
    "EMA": ("ma exponential", "moving average exponential", "экспоненциальная скользящая", "iMA", "ЕМА"),
    "FISHER": ("фишер",),
    "FRACTALS": ("williams fractal", "bill williams", "фракталы"),
    "HEIKIN_ASHI": ("хейкен аши", "хайкин аши"),
    "HMA": ("hull suite", "халл"),
    "HV": ("volatility", "волатильность"),
    "ICHIMOKU": ("kumo", "tenkan", "kijun", "senkou", "cloud", "ишимоку", "облако"),
    "KC": ("keltner channels", "кельтнер"),
    "LINREG": ("least squares", "regression", "lsma", "регрессия"),
    "MA": ("moving average", "скользящая средняя", "iMA"),
    "MACD": ("конвергенция", "дивергенция", "макд", "macd 4c"),
    "MFI": ("денежный поток",),
    "MOM": ("импульс",),
    "OBV": ("балансовый объем",),
    "PIVOTS": ("pivot points standard", "пивот", "camarilla", "fibonacci"),
    "RMA": ("smoothed", "wilder", "смма", "уайлдер"),
    "ROC": ("rate of change", "скорость изменения"),
    "RSI": ("рси", "относительная сила", "relative strength", "уайлдер"),
    "SAR": ("parabolic", "параболик", "стоп и разворот"),
    "SMA": ("ma", "moving average simple", "простая скользящая", "iMA", "СМА", "мувинг"),
    "STDDEV": ("sigma", "сигма"),
    "STOCH": ("стохастик", "%k", "%d", "slow stochastic"),
    "STOCHRSI": ("стохастик rsi",),
    "SUPERTREND": ("super trend", "супертренд"),
    "TEMA": ("тройная ema",),
    "ULTOSC": ("ultimate",),
    "VOLUME_PROFILE": ("point of control", "poc", "value area", "профиль объема", "market profile"),
    "VOLUME_SMA": ("volume ma", "relative volume", "средний объем"),
    "VWAP": ("session vwap", "ввап"),
    "VWMA": ("volume weighted", "взвешенная по объему"),
    "WILLR": ("%r", "вильямс"),
    "WMA": ("moving average weighted", "взвешенная скользящая", "lwma"),
    "ZSCORE": ("z score", "отклонение"),
}
"""By the registry's name, in lower or upper case as people write them."""

EXACT, START, WORD, INSIDE = 4.0, 3.0, 2.0, 1.0


def find_entries(entries: Sequence[IndicatorEntry], query: str) -> list[IndicatorEntry]:
    """The indicators that fit a search, best first; all of them for an empty one.

    Every word of the query must occur; names and titles of both languages, aliases and other programs' names count.
    """
    words = _plain(query).split()
    if not words:
        return list(entries)
    scored = [(entry_score(entry, words), place, entry) for place, entry in enumerate(entries)]
    return [entry for score, _, entry in sorted(scored, key=lambda one: (-one[0], one[1])) if score > 0]


def entry_score(entry: IndicatorEntry, words: Sequence[str]) -> float:
    """How well an indicator fits words in lower case; 0 when one of them does not occur at all."""
    name = _plain(entry.name)
    titles = [_plain(i18n.translate(entry.title, code)) for code in i18n.LANGUAGES]
    others = [_plain(text) for text in (*entry.aliases, *SYNONYMS.get(entry.name, ()))]
    total = 0.0
    for word in words:
        best = max(
            3.0 * _fit(word, name), *(1.5 * _fit(word, title) for title in titles),
            *(_fit(word, other) for other in others), 0.0,
        )  # fmt: skip
        if not best:
            return 0.0
        total += best
    return total


def _fit(word: str, text: str) -> float:
    if text == word:
        return EXACT
    if text.startswith(word):
        return START
    if any(part.startswith(word) for part in text.split()):
        return WORD
    return INSIDE if word in text else 0.0


def _plain(text: str) -> str:
    return text.lower().replace("_", " ").replace("ё", "е").replace("-", " ").replace("'", "")

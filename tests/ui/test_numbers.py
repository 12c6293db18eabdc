import math
import time

import pytest

from strategy_tester.ui import i18n, numbers

THIN, MINUS = "\u202f", "\u2212"
NAN, INFINITY = math.nan, math.inf


@pytest.mark.parametrize(
    ("value", "decimals", "sign", "text"),
    [
        (1204.334, 2, False, f"1{THIN}204.33"),
        (-1204.335, 1, False, f"{MINUS}1{THIN}204.3"),
        (12.0, 1, True, "+12.0"),
        (-0.001, 2, True, "0.00"),
        (0.0, 2, True, "0.00"),
        (1e9, 0, False, f"1{THIN}000{THIN}000{THIN}000"),
        (NAN, 2, False, "—"),
        (None, 2, False, "—"),
        (INFINITY, 2, False, "∞"),
        (-INFINITY, 2, False, f"{MINUS}∞"),
    ],
)
def test_numbers(value, decimals, sign, text):
    assert numbers.format_number(value, decimals, sign=sign) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1204.33, f"1{THIN}204.33"),
        (12345678.9, f"12{THIN}345{THIN}679"),
        (0.01234, "0.01234"),
        (0.0, "0.00"),
        (NAN, "—"),
    ],
)
def test_money_has_decimals_by_its_size(value, text):
    assert numbers.format_money(value) == text


def test_money_with_unit_and_sign():
    assert numbers.format_money(-231.5, "USDT", sign=True) == f"{MINUS}231.50{THIN}USDT"
    assert numbers.format_money(NAN, "USDT") == "—"


def test_percent_has_two_decimals():
    assert numbers.format_percent(12.0431, sign=True) == f"+12.04{THIN}%"


@pytest.mark.parametrize(
    ("rate", "text"), [(0.00055, "0.055"), (0.0002, "0.02"), (0.1, "10.00"), (-0.000125, f"{MINUS}0.0125")]
)
def test_rates_are_fractions_shown_as_percent(rate, text):
    assert numbers.format_rate(rate) == f"{text}{THIN}%"


@pytest.mark.parametrize(
    ("step", "decimals"), [(0.5, 1), (0.001, 3), (10.0, 0), (1e-8, 8), (0.0, 2), (NAN, 2), (None, 2)]
)
def test_decimals_of_a_tick(step, decimals):
    assert numbers.decimals_of_step(step) == decimals


def test_prices_follow_the_tick():
    assert numbers.format_price(64210.5, 1) == f"64{THIN}210.5"
    assert numbers.format_price(0.000012345) == "0.0000123450"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0.6, "0.6 ms"), (12.4, "12 ms"), (1400, "1.4 s"), (125_000, "2 min 05 s"), (12_000_000, "3 h 20 min"),
        (4 * 86_400_000 + 6 * 3_600_000, "4 d 6 h"), (-1400, f"{MINUS}1.4 s"), (NAN, "—"), (None, "—"),
    ],
)  # fmt: skip
def test_durations_have_two_units(milliseconds, text):
    assert numbers.format_duration(milliseconds) == text


def test_decimal_point_stays_a_point_in_russian():
    i18n.set_language("ru")
    assert numbers.format_duration(1400) == "1.4 с"
    assert numbers.format_number(0.5) == "0.50"


def test_times_name_their_zone():
    moment = 1_795_183_522_000  # 2026-11-20 14:05:22 UTC
    assert numbers.format_time(moment) == "2026-11-20 14:05 UTC"
    assert numbers.format_time(moment, zone=False, seconds=True) == "2026-11-20 14:05:22"
    assert numbers.format_clock(moment) == "14:05:22 UTC"
    assert numbers.format_date(moment) == "2026-11-20"
    assert numbers.format_time(NAN) == "—"
    assert numbers.format_time(1e30) == "—"


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system cannot change its zone while running")
def test_local_time_names_its_offset(monkeypatch):
    monkeypatch.setenv("TZ", "<+0530>-5:30")
    time.tzset()
    try:
        numbers.set_local_time(True)
        assert numbers.format_time(1_795_183_522_000) == "2026-11-20 19:35 UTC+05:30"
        assert numbers.zone_name() == "UTC+05:30"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("value", "text"),
    [(1_204_330, f"1.20{THIN}M"), (35_400, f"35.4{THIN}K"), (12, "12"), (0.25, "0.25"), (NAN, "—")],
)
def test_compact_sizes(value, text):
    assert numbers.format_compact(value) == text


def test_bytes():
    assert numbers.format_bytes(1_400_000) == f"1.4{THIN}MB"
    assert numbers.format_bytes(12) == f"12{THIN}B"

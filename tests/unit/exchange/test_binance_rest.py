"""Binance's weights, bans and errors, understood."""

import time

import pytest

from binance_server import BinanceServer, Fault
from practice_builders import MINUTE_MS, START_MS, staged_market
from strategy_tester.domain.errors import ExchangeBusy, ExchangeRefused, ExchangeUnreachable, InvalidParameter
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.exchange.binance import rest as binance_rest
from strategy_tester.exchange.binance.rest import BinanceRest
from strategy_tester.exchange.binance.source import BinanceSource
from strategy_tester.exchange.guard import RequestGuard
from strategy_tester.practice_exchange.server import ServerThread

NOW_MS = START_MS + 500 * MINUTE_MS


def serve(*faults: Fault) -> ServerThread:
    return ServerThread(BinanceServer([staged_market()], NOW_MS, list(faults)))  # type: ignore[arg-type]


def rest_of(server: ServerThread) -> BinanceRest:
    return BinanceRest(server.address, RequestGuard("Binance", {}, first_wait_s=0.001))


def test_the_weight_that_is_used_up_is_waited_out(monkeypatch: pytest.MonkeyPatch):
    waited: list[float] = []
    with serve() as server:
        rest = rest_of(server)
        server.exchange.used_weight = 1985
        rest.server_time_ms()
        assert rest.server_time_ms()
        monkeypatch.setattr(
            binance_rest, "pause", lambda seconds: (waited.append(seconds), setattr(rest, "_minute", 0))
        )
        rest.server_time_ms()
    assert waited == [0.05]


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Fault("/", 418, 1, {"Retry-After": "120"}), ExchangeBusy, "HTTP 418.*120 s"),
        (Fault("/", 403, 1), ExchangeBusy, "HTTP 403"),
        (Fault("/", 429, 1, {"Retry-After": "300"}), ExchangeBusy, "HTTP 429.*300 s"),
        (Fault("/", 451, 9, body='{"code": 0, "msg": "restricted location"}'), ExchangeRefused, "restricted location"),
        (Fault("/", 400, 9, body='{"code": -1102, "msg": "bad"}'), ExchangeRefused, "bad .-1102"),
        (Fault("/", 200, 9, body="<html>"), ExchangeUnreachable, "no JSON"),
        (Fault("/", 503, 9), ExchangeUnreachable, "HTTP 503"),
        (Fault("/", 400, 9, body='{"code": -1001, "msg": "internal"}'), ExchangeUnreachable, "overloaded"),
    ],
)
def test_refusals_are_said_in_words(fault: Fault, error: type[Exception], words: str):
    with serve(fault) as server, pytest.raises(error, match=words):
        rest_of(server).server_time_ms()


def test_the_clock_is_asked_for_again_after_a_while(monkeypatch: pytest.MonkeyPatch):
    with serve() as server:
        rest = rest_of(server)
        assert abs(rest.now_ms() - NOW_MS) < 1000
        rest.now_ms()
        assert server.exchange.requests == 1
        begun = time.monotonic()
        monkeypatch.setattr(binance_rest.time, "monotonic", lambda: begun + 700.0)
        rest.now_ms()
        assert server.exchange.requests == 2


def test_only_usdm_futures_are_read():
    source = BinanceSource(BinanceRest("http://127.0.0.1:9"))
    for category in (Category.SPOT, Category.INVERSE):
        with pytest.raises(InvalidParameter, match="USD-M"):
            source.candles(Market("binance", category, "BTCUSDT"), Timeframe.M1, 0, 1)
        with pytest.raises(InvalidParameter):
            source.listings(category)


def test_open_interest_older_than_a_month_is_not_asked_for():
    with serve() as server:
        source = BinanceSource(rest_of(server))
        values = source.open_interest(
            Market("binance", Category.LINEAR, "BTCUSDT"), Timeframe.H1, START_MS - 400 * 86_400_000, NOW_MS
        )
    assert values.time_ms.tolist() == list(range(START_MS, NOW_MS, 3_600_000))

"""pybit, pointed at the practice exchange, works unchanged, over real sockets."""

import threading
import time
from collections.abc import Iterator

import pybit.unified_trading as pybit
import pytest
from pybit.exceptions import FailedRequestError, InvalidRequestError

from practice_builders import MINUTE_MS, START_MS, funding, listing, minute_candles
from strategy_tester.domain.market_events import Category
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.marketdata.resample import resample
from strategy_tester.practice_exchange.faults import FaultScript
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.server import PracticeExchange, ServerThread

NOW_MS = START_MS + 3000 * MINUTE_MS + 30_000


def markets() -> list[StagedMarket]:
    return [
        StagedMarket(listing("BTCUSDT"), minute_candles(4000), funding()),
        StagedMarket(listing("ETHUSDT"), minute_candles(4000, seed=2, symbol="ETHUSDT"), funding(), seed=2),
        StagedMarket(
            listing("BTCUSDT", Category.SPOT, funding_interval_minutes=0), minute_candles(4000, seed=3), seed=3
        ),
    ]


def serve(**options) -> ServerThread:
    return ServerThread(PracticeExchange(markets(), **({"start_ms": NOW_MS, "speed": 0.001} | options)))


@pytest.fixture(scope="module")
def server() -> Iterator[ServerThread]:
    with serve() as server:
        yield server


KEYS = {"api_key": "PRACTICE-KEY", "api_secret": "practice-secret"}  # open nothing but the practice exchange


def session_of(server: ServerThread, **options) -> pybit.HTTP:
    session = pybit.HTTP(**options)
    session.endpoint = server.address
    return session


@pytest.fixture
def session(server: ServerThread) -> pybit.HTTP:
    return session_of(server)


def test_time(session: pybit.HTTP):
    answer = session.get_server_time()
    assert answer["retCode"] == 0
    assert abs(int(answer["result"]["timeNano"]) // 1_000_000 - NOW_MS) < 5000


def test_range_longer_than_the_limit_gives_its_newest_candles_newest_first(session: pybit.HTTP):
    rows = session.get_kline(
        category="linear", symbol="BTCUSDT", interval="1", start=START_MS, end=START_MS + 999 * MINUTE_MS
    )["result"]["list"]
    assert len(rows) == 200
    assert int(rows[0][0]) == START_MS + 999 * MINUTE_MS
    assert int(rows[-1][0]) == START_MS + 800 * MINUTE_MS


def test_unaligned_start_is_floored_and_the_end_is_inclusive(session: pybit.HTTP):
    rows = session.get_kline(
        category="linear", symbol="BTCUSDT", interval="5", start=START_MS + 7 * MINUTE_MS, end=START_MS + 20 * MINUTE_MS
    )["result"]["list"]
    assert [int(row[0]) for row in rows] == [START_MS + minute * MINUTE_MS for minute in (20, 15, 10, 5)]


def test_only_a_start_gives_the_first_candles(session: pybit.HTTP):
    rows = session.get_kline(category="linear", symbol="BTCUSDT", interval="1", start=1, limit=1)["result"]["list"]
    assert [int(row[0]) for row in rows] == [START_MS]


def test_candles_are_the_stored_ones(session: pybit.HTTP):
    stored = resample(minute_candles(4000), Timeframe.H1)
    rows = session.get_kline(
        category="linear", symbol="BTCUSDT", interval="60", start=START_MS, end=START_MS + 40 * 60 * MINUTE_MS
    )["result"]["list"]
    for row, bar in zip(reversed(rows), range(41), strict=True):
        assert [float(text) for text in row[1:6]] == [
            stored.open[bar], stored.high[bar], stored.low[bar], stored.close[bar], pytest.approx(stored.volume[bar]),
        ]  # fmt: skip


def test_running_candle_is_told_without_a_mark(session: pybit.HTTP):
    newest = session.get_kline(category="linear", symbol="BTCUSDT", interval="1", limit=1)["result"]["list"][0]
    assert int(newest[0]) == START_MS + 3000 * MINUTE_MS
    assert float(newest[5]) <= minute_candles(4000).volume[3000]


def test_mark_candles_have_five_fields(session: pybit.HTTP):
    rows = session.get_mark_price_kline(category="linear", symbol="BTCUSDT", interval="60", limit=3)["result"]["list"]
    assert [len(row) for row in rows] == [5, 5, 5]
    assert len(set(rows[0][1:])) == 1  # of the candle that forms only the open is known


def test_instruments_page_with_encoded_cursors(session: pybit.HTTP):
    first = session.get_instruments_info(category="linear", limit=1)["result"]
    assert [item["symbol"] for item in first["list"]] == ["BTCUSDT"]
    assert first["nextPageCursor"] == "first%3DBTCUSDT%26last%3DBTCUSDT"
    second = session.get_instruments_info(category="linear", limit=1, cursor=first["nextPageCursor"])["result"]
    assert [item["symbol"] for item in second["list"]] == ["ETHUSDT"]
    assert second["nextPageCursor"] == ""
    assert first["list"][0]["lotSizeFilter"]["qtyStep"] == "0.001"


def test_funding_needs_an_end_and_comes_newest_first(session: pybit.HTTP):
    rows = session.get_funding_rate_history(category="linear", symbol="BTCUSDT")["result"]["list"]
    assert [int(row["fundingRateTimestamp"]) for row in rows] == [
        START_MS + hour * 3_600_000 for hour in (48, 40, 32, 24, 16, 8, 0)
    ]
    with pytest.raises(InvalidRequestError) as refused:
        session.get_funding_rate_history(category="linear", symbol="BTCUSDT", startTime=START_MS)
    assert refused.value.status_code == 10001


def test_book_tickers_trades_open_interest_and_tiers(session: pybit.HTTP):
    book = session.get_orderbook(category="linear", symbol="BTCUSDT", limit=50)["result"]
    assert len(book["b"]) == len(book["a"]) == 50
    assert float(book["b"][0][0]) < float(book["a"][0][0])
    tickers = session.get_tickers(category="linear")["result"]["list"]
    assert [ticker["symbol"] for ticker in tickers] == ["BTCUSDT", "ETHUSDT"]
    assert tickers[0]["nextFundingTime"] == str(START_MS + 56 * 3_600_000)
    trades = session.get_public_trade_history(category="linear", symbol="BTCUSDT", limit=20)["result"]["list"]
    assert [int(trade["time"]) for trade in trades] == sorted((int(trade["time"]) for trade in trades), reverse=True)
    interest = session.get_open_interest(category="linear", symbol="BTCUSDT", intervalTime="1h", limit=5)["result"]
    assert len(interest["list"]) == 5
    assert interest["nextPageCursor"]
    tiers = session.get_risk_limit(category="linear", symbol="BTCUSDT")["result"]["list"]
    assert tiers[0]["maintenanceMargin"] == "0.005"


@pytest.mark.parametrize(
    ("category", "symbol", "interval", "code"),
    [("linear", "btcusdt", "1", 10001), ("linear", "BTCUSDT", "7", 10001), ("option", "BTCUSDT", "1", 10001)],
)
def test_wrong_parameters_are_refused(session: pybit.HTTP, category, symbol, interval, code):
    with pytest.raises(InvalidRequestError) as refused:
        session.get_kline(category=category, symbol=symbol, interval=interval)
    assert refused.value.status_code == code


def test_signed_requests_are_checked(server: ServerThread):
    session = session_of(server, **KEYS, return_response_headers=True)
    answer, _, headers = session.get_account_info()
    assert answer["result"]["marginMode"] == "ISOLATED_MARGIN"
    assert (headers["X-Bapi-Limit"], headers["X-Bapi-Limit-Status"]) == ("50", "49")
    for wrong, code in (("other-secret", 10004), ("practice-secret", 10003)):
        key = "PRACTICE-KEY" if code == 10004 else "NOBODY"
        with pytest.raises(InvalidRequestError) as refused:
            session_of(server, api_key=key, api_secret=wrong).get_account_info()
        assert refused.value.status_code == code


def test_clock_ahead_is_refused_with_10002():
    faults = FaultScript.parse({"faults": [{"kind": "skew_clock", "ms": -3000}]})
    with serve(faults=faults) as server:
        session = session_of(server, **KEYS)
        session.retry_codes = set()
        with pytest.raises(InvalidRequestError) as refused:
            session.get_account_info()
    assert refused.value.status_code == 10002


def test_key_that_asks_too_often_gets_10006_with_a_reset_time(server: ServerThread):
    session = session_of(server, **KEYS)
    session.retry_codes = set()
    for _ in range(5):
        session.get_fee_rates(category="linear")
    with pytest.raises(InvalidRequestError) as refused:
        session.get_fee_rates(category="linear")
    assert refused.value.status_code == 10006
    assert int(refused.value.resp_headers["X-Bapi-Limit-Reset-Timestamp"]) > time.time() * 1000


def listen(told: dict[str, list]) -> bool:
    """Hear five messages of each topic over a connection of pybit; False when it died, as it does now and then.

    pybit registers a callback after it has asked: an answer that is faster kills its connection, and the next request
    then waits for ever. So it gets a thread of its own, and what dies is left behind.
    """
    is_enough = threading.Event()

    def take(message) -> None:
        told[message["topic"].partition(".")[0]].append(message)
        has_closed = any(item["confirm"] for one in told["kline"] for item in one["data"])
        if has_closed and min(map(len, told.values())) >= 5:
            is_enough.set()

    def ask() -> None:
        stream = pybit.WebSocket("linear", testnet=False)
        try:
            stream.kline_stream(1, "BTCUSDT", take)
            time.sleep(0.1)
            stream.trade_stream("BTCUSDT", take)
            time.sleep(0.1)
            stream.ticker_stream("BTCUSDT", take)
            time.sleep(0.1)
            stream.orderbook_stream(50, "BTCUSDT", take)
            is_enough.wait(10.0)
        finally:
            stream.exit()

    threading.Thread(target=ask, daemon=True).start()
    return is_enough.wait(12.0)


def test_stream_tells_candles_trades_books_and_tickers(monkeypatch: pytest.MonkeyPatch):
    with serve(speed=60.0) as server:
        monkeypatch.setattr(pybit, "PUBLIC_WSS", f"{server.socket_address}/v5/public/{{CHANNEL_TYPE}}")
        for _ in range(4):
            told: dict[str, list] = {"kline": [], "publicTrade": [], "orderbook": [], "tickers": []}
            if listen(told):
                break
        else:
            pytest.fail("four connections of pybit in a row heard too little")
    closed = [item for message in told["kline"] for item in message["data"] if item["confirm"]]
    stored = minute_candles(4000)
    for item in closed:
        bar = (item["start"] - START_MS) // MINUTE_MS
        assert float(item["close"]) == stored.close[bar]
        assert float(item["volume"]) == stored.volume[bar]
    assert closed
    assert told["orderbook"][0]["type"] == "snapshot"


def test_address_that_asks_too_often_is_shut_out():
    with serve(ban_s=0.5, faults=FaultScript.parse({"faults": [{"kind": "ban", "times": 1}]})) as server:
        session = session_of(server)
        for _ in range(2):
            with pytest.raises(FailedRequestError) as refused:
                session.get_server_time()
            assert refused.value.status_code == 403
        time.sleep(0.6)
        assert session.get_server_time()["retCode"] == 0

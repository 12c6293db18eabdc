"""`bst data download`, `update`, `coverage`, `repair`, `instruments` against the practice exchange."""

from pathlib import Path
from typing import Any

import pytest

from practice_builders import MINUTE_MS, START_MS, funding, listing, minute_candles
from strategy_tester.practice_exchange.faults import FaultScript
from strategy_tester.practice_exchange.market import StagedMarket
from strategy_tester.practice_exchange.server import PracticeExchange, ServerThread
from terminal import Terminal

SERIES = ("--symbol", "BTCUSDT", "--timeframe", "1m")


@pytest.fixture
def bst(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path / "data", capsys)


def serve(*faults: dict[str, Any], bars: int = 3000) -> ServerThread:
    markets = [
        StagedMarket(listing(), minute_candles(6000), funding(40)),
        StagedMarket(listing("ETHUSDT"), minute_candles(6000, 2, "ETHUSDT")),
    ]
    script = FaultScript.parse({"faults": list(faults)})
    return ServerThread(
        PracticeExchange(markets, start_ms=START_MS + bars * MINUTE_MS + 5_000, speed=0.001, faults=script)
    )


def place(server: ServerThread) -> tuple[object, ...]:
    return "--exchange", "practice", "--port", server.port


def test_download_then_coverage_then_update(bst: Terminal):
    with serve() as server:
        answer = bst.done(
            "data", "download", "btcusdt", "ETHUSDT", "--timeframe", "1m", "--timeframe", "1h", "--from", "2025-01-02",
            *place(server), "--json",
        ).json  # fmt: skip
    assert [(row["symbol"], row["timeframe"], row["added"]) for row in answer["series"]] == [
        ("BTCUSDT", "1m", 1560), ("BTCUSDT", "1h", 26), ("ETHUSDT", "1m", 1560), ("ETHUSDT", "1h", 26),
    ]  # fmt: skip
    assert (answer["settlements"], answer["risk_tiers"], answer["problems"]) == (4, 2, [])
    found = bst.done("data", "coverage", *SERIES, "--quality", "--json").json
    assert found[0]["parts"] == [
        {"state": "complete", "first": "2025-01-02 00:00Z", "end": "2025-01-03 02:00Z", "candles": 1560}
    ]
    assert found[0]["quality"] == 100.0
    with serve(bars=4000) as server:
        rows = bst.done("data", "update", "--port", server.port, "--symbol", "BTCUSDT", "--json").json
    assert {(row["timeframe"], row["added"]) for row in rows} == {("1m", 1000), ("1h", 16)}
    assert bst.series() == [
        "BTCUSDT 1m practice-linear 2560", "BTCUSDT 1h practice-linear 42", "ETHUSDT 1m practice-linear 1560",
        "ETHUSDT 1h practice-linear 26",
    ]  # fmt: skip


def test_what_people_read(bst: Terminal):
    with serve() as server:
        told = bst.done("data", "download", "BTCUSDT", *place(server), "--price", "last", "--price", "mark").out
        assert "practice-linear-mark" in told
        assert "7 funding settlements and 6000 candles are new" in told
        told = bst.done("data", "coverage").out
        assert "complete  2025-01-01 00:00Z  2025-01-03 02:00Z" in told
        assert "BTCUSDT 1m practice-linear: 3000 candles, about" in told
        told = bst.done("data", "repair", *SERIES, "--source", "practice-linear", "--port", server.port).out
        assert "BTCUSDT 1m practice-linear         0                  0      2000       0" in told


def test_instruments_are_listed_and_kept(bst: Terminal):
    with serve() as server:
        rows = bst.done("data", "instruments", *place(server), "--json").json
        assert [(row["symbol"], row["tick"], row["funding_min"]) for row in rows] == [
            ("BTCUSDT", 0.1, 480), ("ETHUSDT", 0.1, 480),
        ]  # fmt: skip
    rows = bst.done("data", "instruments", "ETHUSDT", "--stored", "--exchange", "practice", "--json").json
    assert [row["symbol"] for row in rows] == ["ETHUSDT"]
    assert "ETHUSDT" in bst.done("data", "instruments", "--stored", "--exchange", "practice").out
    assert "Nothing is known" in bst.done("data", "instruments", "--stored").out


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("download", "NOPEUSDT", "--exchange", "practice", "--port", "{port}"), 6, "Not supported symbols"),
        (("download", "BTCUSDT", "--exchange", "practice"), 3, "port"),
        (("download", "BTCUSDT", "--exchange", "practice", "--port", "1"), 6, "cannot be reached"),
        (("download", "BTCUSDT", "--timeframe", "7m", "--exchange", "practice", "--port", "{port}"), 3, "timeframe"),
        (("download", "BTCUSDT", "--from", "2025-02-01", "--to", "2025-01-01"), 3, "start that lies before"),
        (("download", "BTCUSDT", "--category", "spot", "--price", "mark"), 3, "spot markets have no other price"),
        (("download", "BTCUSDT", "--exchange", "mtgox"), 2, "invalid choice"),
        (("repair", *SERIES, "--port", "1"), 3, "nothing is stored yet"),
    ],
)
def test_what_cannot_be_done_is_said(bst: Terminal, words: tuple[str, ...], code: int, sentence: str):
    with serve() as server:
        answer = bst("data", *(word.replace("{port}", str(server.port)) for word in words))
    assert answer.code == code
    assert sentence in answer.err


def test_an_empty_folder_is_no_error(bst: Terminal):
    assert "Nothing to update" in bst.done("data", "update").out
    assert "Nothing is stored" in bst.done("data", "coverage").out
    assert bst.done("data", "update", "--pinned", "--json").json == []

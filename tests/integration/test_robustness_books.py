"""Recorded order books of Bybit: the local copy follows them exactly, as an independent plain one does."""

import json
from collections.abc import Iterator

import polars as pl
import pytest

from builders import shared_data, shared_fixture
from strategy_tester.domain.market_events import BookChange, Category, Market
from strategy_tester.domain.order_book import BookState, OrderBook
from strategy_tester.exchange.bybit.rest import MAINNET
from strategy_tester.exchange.bybit.wire import BybitWire

XRP = Market("bybit", Category.LINEAR, "XRPUSDT")


class PlainBook:
    """Two mappings from price to size, nothing clever."""

    def __init__(self) -> None:
        self.sides: tuple[dict[float, float], dict[float, float]] = ({}, {})

    def take(self, change: BookChange) -> None:
        for side, rows in zip(self.sides, (change.bids, change.asks), strict=True):
            if change.is_snapshot:
                side.clear()
            side.update(dict(rows))
            for price in [price for price, size in side.items() if size == 0.0]:
                del side[price]

    def levels(self) -> list[list[tuple[float, float]]]:
        bids, asks = self.sides
        return [sorted(bids.items(), reverse=True)[:500], sorted(asks.items())[:500]]


def recorded_messages() -> Iterator[BookChange]:
    """The messages as the exchange sent them, through our own reader."""
    wire = BybitWire(MAINNET)
    path = shared_fixture("bybit/ws/recorded/orderbook500_XRPUSDT_2024-12-01_first34.jsonl")
    for line in path.read_text().splitlines():
        (change,) = wire.read(line, "linear").events
        assert isinstance(change, BookChange)
        yield change


def recorded_rows() -> Iterator[BookChange]:
    """The same recording as a table, one row per level, to its end."""
    table = pl.read_parquet(shared_data("bybit-linear-XRPUSDT-ob500-20241201.parquet"))
    for (update_id,), rows in table.group_by("u", maintain_order=True):
        sides = [
            tuple((row["price"], row["qty"]) for row in rows.iter_rows(named=True) if row["side"] == side)
            for side in ("bid", "ask")
        ]
        first = rows.row(0, named=True)
        is_snapshot = first["type"] == "snapshot"
        yield BookChange(
            XRP, 500, is_snapshot, update_id, first["seq"], sides[0], sides[1], first["ts"], first["cts"]
        )  # fmt: skip


@pytest.mark.parametrize(("recording", "count"), [(recorded_messages, 34), (recorded_rows, 50)])
def test_local_copy_equals_the_plain_one_after_every_message(recording, count: int):
    book, plain = OrderBook(500), PlainBook()
    changes = list(recording())
    assert len(changes) == count
    for change in changes:
        assert book.apply(change) is BookState.IN_SYNC
        plain.take(change)
        assert [book.bids(), book.asks()] == plain.levels()
        assert book.update_id == change.update_id
    assert book.losses == 0
    assert len(book.bids()) == len(book.asks()) == 500


def test_table_and_messages_are_the_same_recording():
    for told, stored in zip(recorded_messages(), recorded_rows(), strict=False):
        assert (told.update_id, told.sequence, told.time_ms) == (stored.update_id, stored.sequence, stored.time_ms)
        assert sorted(told.bids) == sorted(stored.bids)
        assert sorted(told.asks) == sorted(stored.asks)


@pytest.mark.parametrize("lost", [1, 7, 32])
def test_any_lost_message_of_the_recording_is_noticed_at_once(lost: int):
    book = OrderBook(500)
    changes = list(recorded_messages())
    states = [book.apply(change) for number, change in enumerate(changes) if number != lost]
    assert states[lost] is BookState.LOST
    assert set(states[lost:]) == {BookState.LOST}
    assert book.apply(changes[0]) is BookState.IN_SYNC


def test_message_that_comes_twice_changes_nothing():
    book, once = OrderBook(500), OrderBook(500)
    for change in recorded_messages():
        once.apply(change)
        book.apply(change)
        assert book.apply(change) is BookState.IN_SYNC
        assert [book.bids(), book.asks()] == [once.bids(), once.asks()]


def test_deltas_of_the_old_depth_one_books_are_understood():
    wire = BybitWire(MAINNET)
    for name in ("tardis_linear_inverse_2023-04-05", "tardis_spot_2023-04-05"):
        text = shared_fixture(f"bybit/ws/recorded/{name}.jsonl").read_text()
        lines = [json.loads(line) for line in text.splitlines()]
        books = [json.dumps(line) for line in lines if line["topic"].startswith("orderbook.1.")]
        assert books
        for line in books:
            (change,) = wire.read(line, "linear").events
            assert isinstance(change, BookChange)
            assert change.depth == 1

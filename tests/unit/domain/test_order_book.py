"""The local order book: exact or known to be lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategy_tester.domain.market_events import BookChange, Category, Market
from strategy_tester.domain.order_book import BookState, OrderBook

MARKET = Market("bybit", Category.LINEAR, "BTCUSDT")


def change(update_id, bids=(), asks=(), *, is_snapshot=False) -> BookChange:
    return BookChange(MARKET, 50, is_snapshot, update_id, update_id * 7, tuple(bids), tuple(asks), 1000, 990)


def snapshot(update_id=10) -> BookChange:
    return change(update_id, [(99.0, 1.0), (98.0, 2.0)], [(101.0, 3.0), (102.0, 4.0)], is_snapshot=True)


@pytest.fixture
def book() -> OrderBook:
    book = OrderBook()
    book.apply(snapshot())
    return book


def test_snapshot_gives_levels_best_first(book: OrderBook):
    assert book.bids() == [(99.0, 1.0), (98.0, 2.0)]
    assert book.asks() == [(101.0, 3.0), (102.0, 4.0)]
    assert book.best_bid() == (99.0, 1.0)
    assert book.best_ask() == (101.0, 3.0)


def test_next_change_inserts_overwrites_and_deletes(book: OrderBook):
    state = book.apply(change(11, [(99.5, 5.0), (98.0, 0.0)], [(101.0, 9.0)]))
    assert state is BookState.IN_SYNC
    assert book.bids() == [(99.5, 5.0), (99.0, 1.0)]
    assert book.asks() == [(101.0, 9.0), (102.0, 4.0)]


def test_skipped_update_makes_the_book_unusable_until_the_next_snapshot(book: OrderBook):
    assert book.apply(change(12, [(99.5, 5.0)])) is BookState.LOST
    assert book.apply(change(13, [(99.6, 5.0)])) is BookState.LOST
    assert not book.is_usable
    assert book.apply(snapshot(20)) is BookState.IN_SYNC
    assert book.bids() == [(99.0, 1.0), (98.0, 2.0)]
    assert book.losses == 1


@pytest.mark.parametrize("update_id", [10, 9])
def test_update_that_is_not_newer_is_passed_over(book: OrderBook, update_id):
    assert book.apply(change(update_id, [(50.0, 1.0)])) is BookState.IN_SYNC
    assert book.bids() == [(99.0, 1.0), (98.0, 2.0)]
    assert book.update_id == 10


def test_update_id_one_replaces_everything(book: OrderBook):
    assert book.apply(change(1, [(50.0, 1.0)], [(51.0, 1.0)])) is BookState.IN_SYNC
    assert book.bids() == [(50.0, 1.0)]
    assert book.update_id == 1


def test_deleting_a_level_that_is_not_there_is_no_fault(book: OrderBook):
    assert book.apply(change(11, [(12.0, 0.0)])) is BookState.IN_SYNC


def test_crossed_book_is_lost(book: OrderBook):
    assert book.apply(change(11, [(101.0, 1.0)])) is BookState.LOST


def test_change_before_the_snapshot_waits():
    book = OrderBook()
    assert book.apply(change(5, [(1.0, 1.0)])) is BookState.WAITING
    assert book.best_bid() is None


def test_lost_connection_makes_the_book_unusable(book: OrderBook):
    book.lose()
    assert book.state is BookState.LOST


def test_levels_beyond_the_depth_are_cut_off():
    book = OrderBook(depth=2)
    book.apply(snapshot())
    book.apply(change(11, [(99.5, 1.0)]))
    assert book.bids() == [(99.5, 1.0), (99.0, 1.0)]


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(0, 3)), max_size=80))
def test_many_changes_equal_a_plain_dictionary(changes):
    book = OrderBook()
    book.apply(change(1, is_snapshot=True))
    truth: dict[float, float] = {}
    for number, (price, size) in enumerate(changes, start=2):
        book.apply(change(number, [(float(price), float(size))]))
        truth[float(price)] = float(size)
    wanted = sorted(((price, size) for price, size in truth.items() if size), reverse=True)
    assert book.bids() == wanted


def named(update_id: int, previous_id: int, bids=()) -> BookChange:
    """A change of an exchange whose ids skip and that names the update before."""
    return BookChange(MARKET, 1000, False, update_id, update_id, tuple(bids), (), 1000, 990, previous_id)


def test_change_that_names_its_predecessor_follows_though_ids_skip(book: OrderBook):
    assert book.apply(named(25, 10, [(99.5, 1.0)])) is BookState.IN_SYNC
    assert book.apply(named(31, 25, [(99.6, 1.0)])) is BookState.IN_SYNC
    assert book.best_bid() == (99.6, 1.0)
    assert book.apply(named(40, 33)) is BookState.LOST


def test_first_change_may_begin_before_the_snapshot_and_end_after_it(book: OrderBook):
    assert book.apply(named(9, 5, [(90.0, 7.0)])) is BookState.IN_SYNC  # all of it is in the snapshot
    assert (90.0, 7.0) not in book.bids()
    assert book.apply(named(14, 9, [(99.0, 4.0)])) is BookState.IN_SYNC
    assert book.best_bid() == (99.0, 4.0)


def test_change_newer_by_sequence_and_older_by_id_means_that_a_new_beginning_was_lost(book: OrderBook):
    restarted = BookChange(MARKET, 50, False, 2, 10 * 7 + 1, ((99.0, 9.0),), (), 1000, 990)
    assert book.apply(restarted) is BookState.LOST
    assert book.apply(snapshot()) is BookState.IN_SYNC
    assert book.apply(change(9, [(99.0, 9.0)])) is BookState.IN_SYNC  # old by both: it came late
    assert book.best_bid() == (99.0, 1.0)

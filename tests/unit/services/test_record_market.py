"""Recordings: what is read back makes the same books, files stay whole, disks fill up."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from book_builders import LINEAR, change, snapshot, trade
from strategy_tester.domain.errors import DiskFull, MissingCandles, StorageError, UnreadableFile
from strategy_tester.domain.market_events import BookChange, Market, PublicTrade
from strategy_tester.domain.order_book import OrderBook
from strategy_tester.marketdata.event_files import RecordingGap
from strategy_tester.services import record_market
from strategy_tester.services.record_market import (
    MarketRecorder,
    read_recording,
    recording_files,
    recording_folder,
)

DAY_MS = 86_400_000
NOON_MS = 1_751_198_400_000  # 2025-06-29 12:00 UTC


def random_events(count: int = 400, seed: int = 1, start_ms: int = NOON_MS, step_ms: int = 100) -> list:
    """A book that changes, with trades between, as a stream tells it: empty changes and deletions, too."""
    random = np.random.Generator(np.random.PCG64(seed))
    bids = tuple((round(100.0 - 0.1 * place, 1), 1.0 + place) for place in range(20))
    asks = tuple((round(100.1 + 0.1 * place, 1), 1.0 + place) for place in range(20))
    events: list = [snapshot(1, bids, asks, start_ms)]
    for number in range(2, count):
        moment = start_ms + number * step_ms
        levels = tuple(
            (round(100.0 - 0.1 * int(place), 1), float(random.integers(0, 9))) for place in random.integers(1, 25, 3)
        )
        events.append(change(number, levels if number % 7 else (), time_ms=moment))
        if number % 3 == 0:
            events.append(trade(100.1, 0.25 * number, is_buy=bool(number % 2), time_ms=moment, name=str(number)))
    return events


def books_of(events) -> list[tuple]:
    book, seen = OrderBook(200), []
    for event in events:
        if isinstance(event, BookChange):
            book.apply(event)
            seen.append((book.update_id, book.state, book.bids(), book.asks()))
    return seen


def record(root: Path, *batches: list) -> record_market.RecordingState:
    recorder = MarketRecorder(root, LINEAR, flush_s=0.01)
    for batch in batches:
        written = recorder.state().events
        recorder.take(batch)
        limit = time.monotonic() + 10.0
        while recorder.state().events < written + len(batch) and time.monotonic() < limit:
            time.sleep(0.005)
    return recorder.stop()


def test_replayed_recording_makes_the_same_books_and_trades(tmp_path):
    events = random_events()
    state = record(tmp_path, events[:150], events[150:151], events[151:])
    assert (state.events, state.is_running, state.error, state.gaps) == (len(events), False, None, 0)
    folder = recording_folder(tmp_path, "2025-06-29", LINEAR)
    assert folder == tmp_path / "2025-06-29" / "BTCUSDT.bybit-linear" == state.folder
    read = list(read_recording(folder))
    assert read == events
    assert books_of(read) == books_of(events)
    assert state.bytes > 0


def test_small_files_are_joined_and_nothing_comes_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(record_market, "MOST_PIECES", 4)
    events = random_events(200)
    batches = [events[place : place + 20] for place in range(0, len(events), 20)]
    record(tmp_path, *batches)
    folder = recording_folder(tmp_path, "2025-06-29", LINEAR)
    spans = [path.name.split("-", 1)[1] for path in recording_files(folder)]
    assert spans[:2] == ["000001-000004.parquet", "000005-000008.parquet"]
    assert len(spans) == -(-len(batches) // 4)  # what is left is joined at the end
    assert list(read_recording(folder)) == events


def test_pieces_that_a_crash_left_beside_the_joined_file_are_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr(record_market, "MOST_PIECES", 3)
    monkeypatch.setattr(Path, "unlink", lambda *_args, **_options: None)
    events = random_events(90)
    record(tmp_path, events[:40], events[40:80], events[80:])
    folder = recording_folder(tmp_path, "2025-06-29", LINEAR)
    assert len(list(folder.glob("*.parquet"))) == 4
    assert list(read_recording(folder)) == events


def test_every_day_has_a_folder_that_can_be_read_by_itself(tmp_path):
    before = random_events(60, start_ms=NOON_MS + DAY_MS // 2 - 3000)
    record(tmp_path, before)
    days = sorted(path.name for path in tmp_path.iterdir())
    assert days == ["2025-06-29", "2025-06-30"]
    first, second = (list(read_recording(recording_folder(tmp_path, day, LINEAR))) for day in days)
    assert isinstance(second[0], BookChange)
    assert second[0].is_snapshot
    assert first + second[1:] == before
    assert books_of(second)[1:] == books_of(before)[-len(books_of(second)) + 1 :]


def test_gaps_are_told(tmp_path):
    recorder = MarketRecorder(tmp_path, LINEAR, flush_s=60.0)
    recorder.note_gap("before the first event nothing is missing")
    recorder.take([trade(100.0, 1.0, time_ms=NOON_MS)])
    recorder.note_gap("the connection was cut")
    recorder.take([trade(101.0, 1.0, time_ms=NOON_MS + 5000)])
    assert recorder.stop().gaps == 1
    read = list(read_recording(recording_folder(tmp_path, "2025-06-29", LINEAR)))
    assert [type(event) for event in read] == [PublicTrade, RecordingGap, PublicTrade]
    assert read[1] == RecordingGap(LINEAR, NOON_MS, "the connection was cut")


def test_full_disk_ends_the_recording_in_words_and_leaves_what_was_written(tmp_path):
    free = [10**12]
    recorder = MarketRecorder(tmp_path, LINEAR, flush_s=0.01, free_bytes=lambda _folder: free[0])
    recorder.take([trade(100.0, 1.0, time_ms=NOON_MS)])
    while recorder.state().events < 1:
        time.sleep(0.005)
    free[0] = 1000
    recorder.take([trade(101.0, 1.0, time_ms=NOON_MS)])
    while recorder.state().is_running:
        time.sleep(0.005)
    state = recorder.stop()
    assert isinstance(state.error, DiskFull)
    assert "too little room" in str(state.error)
    recorder.take([trade(102.0, 1.0, time_ms=NOON_MS)])
    assert [event.price for event in read_recording(recording_folder(tmp_path, "2025-06-29", LINEAR))] == [100.0]


def test_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    recorder = MarketRecorder(tmp_path / "taken", LINEAR, flush_s=0.01)
    recorder.take([trade(100.0, 1.0, time_ms=NOON_MS)])
    while recorder.state().is_running:
        time.sleep(0.005)
    assert isinstance(recorder.stop().error, StorageError)


def test_damaged_file_and_missing_recording_are_said(tmp_path):
    with pytest.raises(MissingCandles):
        list(read_recording(tmp_path / "nothing"))
    (tmp_path / "20250629T140501-000001-000001.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(UnreadableFile):
        list(read_recording(tmp_path))


def test_markets_come_back_whole(tmp_path):
    market = Market("practice", LINEAR.category, "ADAUSDT")
    recorder = MarketRecorder(tmp_path, market, flush_s=60.0)
    recorder.take([trade(0.5, 10.0, time_ms=NOON_MS, market=market)])
    recorder.stop()
    (event,) = read_recording(tmp_path / "2025-06-29" / "ADAUSDT.practice-linear")
    assert event.market == market


@pytest.mark.skipif(os.name == "nt", reason="kill -9 has no counterpart")
def test_killed_program_leaves_files_that_can_be_read(tmp_path):
    program = textwrap.dedent("""
        import json, sys, time
        from pathlib import Path
        from strategy_tester.domain.market_events import Category, Market, PublicTrade
        from strategy_tester.services.record_market import MarketRecorder
        market = Market("bybit", Category.LINEAR, "BTCUSDT")
        recorder = MarketRecorder(Path(sys.argv[1]), market, flush_s=0.05)
        for number in range(100_000):
            recorder.take([PublicTrade(market, 1_751_198_400_000 + number, 100.0, 1.0, True, str(number))])
            if number % 50 == 0:
                print(json.dumps([number, recorder.state().events]), flush=True)
            time.sleep(0.0005)
    """)
    child = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    told = [0, 0]
    while told[1] < 300:
        told = json.loads(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    child.stdout.close()
    child.wait()
    names = [int(event.trade_id) for event in read_recording(recording_folder(tmp_path, "2025-06-29", LINEAR))]
    assert names == list(range(len(names)))
    assert len(names) >= told[1]

"""`bst record`: the order book and trades of a market, as Parquet files."""

import asyncio
import contextlib
import signal
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from strategy_tester.cli import common, output

if TYPE_CHECKING:
    from strategy_tester.services.record_market import MarketRecorder, RecordingState

_DEPTHS = (1, 50, 200)
_LOOK_S = 0.5


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("symbol", help="what to record, such as BTCUSDT")
    parser.add_argument("--seconds", type=float, metavar="N", help="stop by itself after N seconds (default: Ctrl+C)")
    parser.add_argument(
        "--exchange", default="bybit", choices=("bybit", "bybit-testnet", "practice"), help="default: bybit"
    )
    parser.add_argument("--port", type=int, default=8765, help="of the practice exchange (default: 8765)")
    parser.add_argument("--category", default="linear", choices=("linear", "inverse", "spot"), help="default: linear")
    parser.add_argument("--depth", type=int, default=200, choices=_DEPTHS, help="levels a side (default: 200)")
    parser.add_argument("--folder", type=Path, help="where recordings go (default: in the data folder)")
    common.add_data_folder(parser)
    common.add_json(parser)
    parser.set_defaults(run=_record)


def _record(options: Namespace) -> int:
    from strategy_tester.domain.market_events import Category, Market
    from strategy_tester.locations import data_folder
    from strategy_tester.services.record_market import MarketRecorder

    market = Market(options.exchange, Category(options.category), options.symbol.upper())
    folder = options.folder or (options.data_dir or data_folder()) / "recordings"
    recorder = MarketRecorder(folder, market)
    try:
        asyncio.run(_listen(options, recorder))
    finally:
        state = recorder.stop()
    if state.error is not None:
        raise state.error
    _print(state, as_json=options.json)
    return 0


async def _listen(options: Namespace, recorder: "MarketRecorder") -> None:
    from strategy_tester.composition import market_sources
    from strategy_tester.domain.market_events import StreamHealth, StreamState
    from strategy_tester.exchange.live import LiveExchanges
    from strategy_tester.services.market_source import Topic, TopicKind

    def no_practice(*_plan: object) -> Any:
        raise NotImplementedError

    def take_health(health: StreamHealth) -> None:
        if health.state in {StreamState.STALE, StreamState.LOST}:
            recorder.note_gap(health.reason or health.state.value)

    name = f"practice:{options.port}" if options.exchange == "practice" else options.exchange
    market = recorder.state().market
    live = LiveExchanges(market_sources(), no_practice)
    is_over = asyncio.Event()
    _stop_on_signals(is_over)
    live.subscribe(name, Topic(TopicKind.TRADE, market), recorder.take)
    live.subscribe(name, Topic(TopicKind.BOOK, market, depth=options.depth), recorder.take)
    live.watch_health(name, take_health)
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(options.seconds):
                while recorder.state().is_running and not is_over.is_set():
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(is_over.wait(), _LOOK_S)
    finally:
        await live.close()


def _stop_on_signals(is_over: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(wanted, is_over.set)
        except NotImplementedError:  # Windows: Ctrl+C raises KeyboardInterrupt instead
            break


def _print(state: "RecordingState", *, as_json: bool) -> None:
    folder = str(state.folder) if state.folder is not None else None
    if as_json:
        answer = {"market": str(state.market), "folder": folder, "messages": state.events, "bytes": state.bytes,
                  "seconds": round(state.seconds, 1), "gaps": state.gaps}  # fmt: skip
        output.print_json(answer)
    elif folder is None:
        print(f"Nothing was heard of {state.market}.")
    else:
        print(f"{state.events} messages of {state.market} in {state.seconds:.0f} s, {state.bytes} bytes, "
              f"{state.gaps} gaps: {folder}")  # fmt: skip

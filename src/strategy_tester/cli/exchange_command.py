"""`bst exchange serve`: the practice exchange on a port of this machine."""

import asyncio
import contextlib
import json
import signal
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from strategy_tester.cli import common, output
from strategy_tester.domain.errors import InvalidSettings

if TYPE_CHECKING:
    from strategy_tester.practice_exchange.faults import FaultScript
    from strategy_tester.practice_exchange.server import PracticeExchange


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the sub-commands."""
    verbs = parser.add_subparsers(metavar="verb", required=True)
    serve = verbs.add_parser("serve", help="replay candles as a live exchange that speaks Bybit v5")
    serve.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="candles to replay instead of the stored ones"
    )
    serve.add_argument("--symbol", action="append", default=[], help="only this symbol; may be given several times")
    serve.add_argument("--port", type=int, default=8765, help="port on this machine (default: 8765; 0 chooses one)")
    serve.add_argument(
        "--speed", type=float, default=1.0, help="market seconds in a real second, up to 1000 (default: 1)"
    )
    serve.add_argument(
        "--from", dest="start", metavar="DATE", help="market time at the start, such as 2025-09-15 (UTC)"
    )
    serve.add_argument("--faults", type=Path, metavar="FILE", help="script of faults to rehearse, as JSON")
    serve.add_argument("--seed", type=int, default=7, help="of the trades and books that are made up (default: 7)")
    serve.add_argument("--seconds", type=float, metavar="N", help="stop by itself after N real seconds")
    common.add_data_folder(serve)
    common.add_json(serve)
    serve.set_defaults(run=_serve)
    faults = verbs.add_parser("faults", help="every fault a script may hold")
    common.add_json(faults)
    faults.set_defaults(run=_list_faults)


def _serve(options: Namespace) -> int:
    from strategy_tester.practice_exchange.server import PracticeExchange

    faults = _read_faults(options.faults) if options.faults is not None else None
    markets = _stage(options)
    start_ms = common.moment(options.start, "--from")
    exchange = PracticeExchange(markets, start_ms=start_ms, speed=options.speed, faults=faults)
    return asyncio.run(_run(exchange, options))


def _stage(options: Namespace) -> list[Any]:
    from strategy_tester.practice_exchange.staging import stage_files, stage_stored

    if options.files:
        return stage_files(options.files, seed=options.seed)
    # The stores are closed again at once: the program itself may use them while the exchange runs.
    with common.opened(options.data_dir) as program, output.progress("loading") as checkpoint:
        return stage_stored(program.services.candles, symbols=options.symbol, seed=options.seed, checkpoint=checkpoint)


async def _run(exchange: "PracticeExchange", options: Namespace) -> int:
    port = await exchange.open(port=options.port)
    symbols = [f"{market.market.symbol} {market.market.category.value}" for market in exchange.markets]
    address = f"http://127.0.0.1:{port}"
    if options.json:
        answer = {"address": address, "stream": f"ws://127.0.0.1:{port}/v5/public/linear", "markets": symbols,
                  "market_time": output.iso(exchange.clock.now_ms()), "speed": options.speed}  # fmt: skip
        output.print_json(answer)
    else:
        print(f"The practice exchange speaks Bybit v5 at {address} (streams: ws://127.0.0.1:{port}/v5/public/linear).")
        print(f"Markets: {', '.join(symbols)}. Trades and books are synthetic: made from the stored candles.")
        print(f"Market time {output.iso(exchange.clock.now_ms())}, {options.speed:g} times real time. Stop: Ctrl+C.")
    sys.stdout.flush()  # whoever started it reads this to know that it listens
    is_over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(wanted, is_over.set)
        except NotImplementedError:  # Windows: Ctrl+C raises KeyboardInterrupt instead
            break
    try:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(is_over.wait(), options.seconds)
    finally:
        await exchange.close()
    return 0


def _read_faults(path: Path) -> "FaultScript":
    from strategy_tester.practice_exchange.faults import FaultScript

    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidSettings(f"the fault script {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InvalidSettings(f"the fault script {path} is no JSON: {error}") from error
    return FaultScript.parse(content)


def _list_faults(options: Namespace) -> int:
    from strategy_tester.practice_exchange.faults import KINDS

    if options.json:
        output.print_json(KINDS)
    else:
        output.print_table(["kind", "what happens"], [[kind, what] for kind, what in KINDS.items()])
    return 0

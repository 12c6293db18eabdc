"""The practice exchange of the soak test, in a process of its own, with a side door for the truth of its books.

    python serve.py SEED SPEED TICK_S SECONDS

The first line it prints is its two ports. A line to the side door is a JSON object: {"book": [kind, topic, u, seq]},
{"calm": true}, {"now": true}.
"""

import asyncio
import contextlib
import sys
from typing import Any

import orjson
import soak_stage

from strategy_tester.practice_exchange import server
from strategy_tester.practice_exchange.channels import BookChannel
from strategy_tester.practice_exchange.faults import FaultScript


async def main(seed: int, speed: float, tick_s: float, seconds: float) -> None:
    server.TICK_S = tick_s
    script = FaultScript.parse(soak_stage.faults(seed, seconds))
    exchange = server.PracticeExchange(
        soak_stage.markets(seed), start_ms=soak_stage.BEGIN_MS, speed=speed, faults=script
    )
    port = await exchange.open()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            while line := await reader.readline():
                writer.write(orjson.dumps(_answer(exchange, orjson.loads(line))) + b"\n")
                await writer.drain()
        writer.close()

    door = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 22)
    sys.stdout.write(f"{port} {door.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until the client closes the pipe
    door.close()
    await exchange.close()


def _answer(exchange: server.PracticeExchange, wish: dict[str, Any]) -> Any:
    if "book" in wish:
        kind, topic, update_id, sequence = wish["book"]
        channel = exchange.channels.get((kind, topic))
        if not isinstance(channel, BookChannel) or channel.sequences.get(update_id) != sequence:
            return None  # ids have begun anew since
        return [list(side.items()) for side in channel.truth[update_id]]
    if "calm" in wish:
        happened: dict[str, int] = {}
        for fault in exchange.faults.faults:
            happened[fault.kind] = happened.get(fault.kind, 0) + fault.happened
        happened["silence"] = sum(fault.kind == "silence" for fault in exchange.faults.faults)
        happened["skew_clock"] = sum(fault.kind == "skew_clock" for fault in exchange.faults.faults)
        exchange.faults.faults.clear()
        return happened
    return {"now_ms": exchange.clock.now_ms(), "requests": exchange.requests}


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])))

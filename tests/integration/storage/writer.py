"""A program that stores things and says what it has stored, to be killed and to be given a failing disk.

It reads one JSON command per line and forks a child for each, because a fresh interpreter takes most of a second.
The child prints one JSON line per acknowledged operation. Every value follows from its number, so the reader of the
acknowledgements knows what has to be there.
"""

import ctypes
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from builders import HOUR_MS, START_MS, make_description, make_result
from strategy_tester.domain.candles import Candles
from strategy_tester.domain.errors import StorageError
from strategy_tester.domain.results import BacktestResult
from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.storage.stores import Stores, open_stores

Operation = dict[str, Any]
CYCLE = ("checkpoint", "candles", "run", "strategy", "drawing", "candles", "bulk")
KINDS = ("candles", "candles", "bulk", "strategy", "drawing", "drawing", "run", "run", "forget", "checkpoint")


def candles_for(symbol: str, first: int, count: int) -> Candles:
    """Candles whose values follow from their place."""
    place = np.arange(first, first + count, dtype=np.int64)
    close = 100.0 + (place * 7919 % 1009) / 10.0
    return Candles(
        START_MS + place * HOUR_MS, close, close + 1.0, close - 1.0, close, place.astype(float),
        symbol=symbol, timeframe=Timeframe.H1, source="test",
    )  # fmt: skip


def result_for(number: int) -> BacktestResult:
    """The result of the run that was saved by operation `number`."""
    return make_result(bars=20 + number % 50, seed=number, trades=number % 7)


def drawing_for(number: int) -> dict[str, Any]:
    """The content of the drawing that was saved by operation `number`."""
    return {"number": number, "text": "я" * (number % 40), "anchors": [[number, number / 3]]}


def operations(seed: int, start: int = 0) -> Any:
    """An endless seeded list of operations, numbered from `start`."""
    rng = random.Random(seed * 1_000_003 + start)  # noqa: S311 - a test wants to repeat itself
    number = start
    while True:
        number += 1
        kind = rng.choice(KINDS)
        count = rng.choice((1, 10, 500, 3000)) if kind == "candles" else 30_000
        yield {"number": number, "kind": kind, "symbol": f"K{rng.randrange(3)}USDT", "count": count}


def perform(stores: Stores, operation: Operation) -> Operation:
    """Do one operation; returns it with what the store answered."""
    kind, number = operation["kind"], operation["number"]
    if kind in {"candles", "bulk"}:
        known = [found.candles for found in stores.candles.series() if found.key.symbol == operation["symbol"]]
        first = known[0] if known else 0
        stores.candles.write(candles_for(operation["symbol"], first, operation["count"]))
        return {**operation, "total": first + operation["count"]}
    if kind == "strategy":
        saved = stores.strategies.save(f"strategy {number % 5}", {"number": number})
        return {**operation, "name": saved.name, "version": saved.version}
    if kind == "drawing":
        drawn, forgotten = f"drawing {number % 7}", f"drawing {(number + 3) % 7}"
        stores.drawings.change(operation["symbol"], {drawn: drawing_for(number)}, [forgotten])
        return {**operation, "drawn": drawn, "forgotten": forgotten}
    if kind == "run":
        summary = stores.runs.save(make_description(f"run {number}"), result_for(number), 1.0)
        return {**operation, "run_id": summary.run_id}
    if kind == "forget":
        oldest = [summary.run_id for summary in stores.runs.list()][8:9]
        stores.runs.delete(oldest)
        return {**operation, "run_ids": oldest}
    stores.vault.database.run(lambda connection: connection.execute("CHECKPOINT store"))
    return operation


def say(message: Operation) -> None:
    """One whole line, past any buffer."""
    os.write(1, json.dumps(message).encode() + b"\n")


def arm(folder: str, at: int, mode: int, pages: int = 0, *, lasting: bool = False, place: int = -1) -> None:
    """Let the preloaded library break the disk."""
    ctypes.CDLL(None).arm_fault(
        folder.encode(), ctypes.c_long(at), mode, ctypes.c_long(pages), int(lasting), ctypes.c_long(place)
    )


def work(command: Operation) -> None:
    """Store things until killed, or until the number of operations is done."""
    stores = open_stores(Path(command["folder"]))
    say({"ready": True})
    if "at" in command and not command.get("at_checkpoint"):
        arm(command["folder"], command["at"], command["mode"], command.get("pages", 0))
    for operation in operations(command["seed"], command["start"]):
        chosen = {**operation, "kind": command.get("kind") or operation["kind"]}
        if command.get("at_checkpoint"):
            chosen["kind"] = CYCLE[operation["number"] % len(CYCLE)]
        say({"begun": chosen})
        if command.get("at_checkpoint") == operation["number"]:
            arm(command["folder"], command["at"], command["mode"], command["pages"], place=command["place"])
        say({"done": perform(stores, chosen)})
        if operation["number"] - command["start"] >= command.get("operations", 1 << 30):
            break
    if command.get("closes"):
        stores.close()
        say({"closed": True})


def fail_and_go_on(command: Operation) -> None:
    """Meet every n-th operation's failure in one process; after each, the stores have to work again."""
    stores = open_stores(Path(command["folder"]))
    say({"ready": True})
    source = operations(command["seed"])
    for at in command["points"]:
        chosen = {**next(source), "kind": command["kinds"][at % len(command["kinds"])]}
        arm(command["folder"], at, command["mode"], lasting=command["lasting"])
        try:
            say({"done": perform(stores, chosen), "at": at})
        except StorageError as error:
            say({"refused": chosen, "at": at, "text": str(error), "kind": type(error).__name__})
        finally:
            arm("", 0, 0)
        say({"done": perform(stores, {**next(source), "kind": "strategy"})})
        say({"done": perform(stores, {**next(source), "kind": "candles", "count": 5})})
    stores.close()
    say({"closed": True})


def own(command: Operation) -> None:
    """Try to be the owner of a folder, and stay so for a while."""
    time.sleep(command["delay"])
    began = time.monotonic()
    try:
        stores = open_stores(Path(command["folder"]))
    except StorageError as error:
        say({"refused": type(error).__name__, "text": str(error), "seconds": time.monotonic() - began})
        return
    say({"owner": os.getpid()})
    time.sleep(command["stay"])
    stores.close()


def migrate_and_die(command: Operation) -> None:
    """Open a folder with an older schema and die after a number of statements of its migrations."""
    from dataclasses import replace

    from strategy_tester.storage import schema

    done = 0

    class Dying(tuple[str, ...]):
        __slots__ = ()

        def __iter__(self) -> Any:
            nonlocal done
            for statement in super().__iter__():
                yield statement
                done += 1
                if done == command["after"]:
                    os.kill(os.getpid(), 9)

    genuine = schema.all_migrations()
    schema.all_migrations = lambda: [replace(found, statements=Dying(found.statements)) for found in genuine]
    open_stores(Path(command["folder"])).close()
    say({"closed": True})


TASKS = {task.__name__: task for task in (work, fail_and_go_on, own, migrate_and_die)}


def main() -> None:
    """Serve commands; `children` are forked for each, all at once when a list is given."""
    for line in sys.stdin:
        commands = json.loads(line)
        children = []
        for command in commands:
            child = os.fork()
            if not child:
                try:
                    TASKS[command["task"]](command)
                except BaseException as error:  # noqa: BLE001 - the parent has to hear of it
                    say({"failed": f"{type(error).__name__}: {error}"})
                    os._exit(3)
                os._exit(0)
            children.append(child)
            say({"process": child})
        say({"ended": [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]})


if __name__ == "__main__":
    main()

"""A run's result as arrays and plain JSON, and the arrays as compact bytes for the journal."""

import json
import math
import zlib
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strategy_tester.domain.results import BacktestConfig, BacktestResult, Refusals, TradeColumns

Arrays = dict[str, dict[str, NDArray[Any]]]
"""Table name to column name to values."""

CURVES = ("open_time_ms", "close", "equity_curve", "cash_curve", "position_curve")
TABLES: dict[str, dict[str, type[np.generic]]] = {
    "trades": {
        "side": np.int8, "entry_bar": np.int64, "exit_bar": np.int64, "entry_time_ms": np.int64,
        "exit_time_ms": np.int64, "entry_price": np.float64, "exit_price": np.float64, "quantity": np.float64,
        "pnl": np.float64, "commission": np.float64, "funding": np.float64, "slippage": np.float64,
        "exit_reason": np.int8, "mae_pct": np.float64, "mfe_pct": np.float64, "equity_after": np.float64,
        "stop_price": np.float64, "target_price": np.float64, "liquidation_price": np.float64,
        "signal_bar": np.int64, "intent": np.int64, "ambiguous": np.bool_,
    },
    "equity": {
        "open_time_ms": np.int64, "close": np.float64, "equity_curve": np.float64, "cash_curve": np.float64,
        "position_curve": np.float64,
    },
    "ambiguous_bars": {"bar": np.int64},
    "refusals": {"bar": np.int64, "reason": np.int8, "intent": np.int64},
}  # fmt: skip
"""The tables of a run's arrays with the type of each column."""


def arrays_of(result: BacktestResult) -> Arrays:
    """Everything of a result that has a length."""
    trades = {column.name: getattr(result.trade_columns, column.name) for column in fields(TradeColumns)}
    refusals = {column.name: getattr(result.refusals, column.name) for column in fields(Refusals)}
    found: Arrays = {
        "trades": trades,
        "equity": {name: getattr(result, name) for name in CURVES},
        "ambiguous_bars": {"bar": result.ambiguous_bars},
        "refusals": refusals,
    }
    return {
        table: {name: np.ascontiguousarray(found[table][name], dtype=kind) for name, kind in columns.items()}
        for table, columns in TABLES.items()
    }


def rest_of(result: BacktestResult) -> dict[str, Any]:
    """Everything of a result that has no length, ready for JSON; the funding series stays out."""
    return {
        "conflicting_signals": int(result.conflicting_signals),
        "unmagnified_bars": int(result.unmagnified_bars),
        "config": result.config.to_dict(),
        "strategy_name": result.strategy_name,
        "symbol": result.symbol,
        "timeframe": str(result.timeframe),
    }


def result_from(arrays: Arrays, rest: dict[str, Any], metrics: dict[str, float]) -> BacktestResult:
    """The reverse of `arrays_of` and `rest_of`."""
    return BacktestResult(
        trade_columns=TradeColumns(**arrays["trades"]),
        **arrays["equity"],
        ambiguous_bars=arrays["ambiguous_bars"]["bar"],
        refusals=Refusals(**arrays["refusals"]),
        conflicting_signals=rest["conflicting_signals"],
        unmagnified_bars=int(rest.get("unmagnified_bars", 0)),
        config=BacktestConfig.from_dict(rest["config"]),
        metrics=metrics,
        strategy_name=rest["strategy_name"],
        symbol=rest["symbol"],
        timeframe=rest["timeframe"],
    )


def metrics_to_json(metrics: dict[str, float]) -> dict[str, float | str]:
    """JSON has no word for NaN and infinity: they become the strings that `float` reads."""
    return {name: float(value) if math.isfinite(value) else repr(float(value)) for name, value in metrics.items()}


def metrics_from_json(stored: dict[str, float | str]) -> dict[str, float]:
    """The reverse of `metrics_to_json`."""
    return {name: float(value) for name, value in stored.items()}


def pack(arrays: Arrays) -> bytes:
    """Arrays as compressed bytes. Whole numbers are stored as steps, and equal bytes side by side, to pack well."""
    directory: list[list[Any]] = []
    parts: list[bytes] = []
    for table, columns in arrays.items():
        for name, values in columns.items():
            directory.append([table, name, TABLES[table][name].__name__, int(values.size)])
            parts.append(_to_bytes(values))
    head = json.dumps(directory).encode()
    # Level 1: level 6 takes four times as long for some percent less.
    return zlib.compress(len(head).to_bytes(4, "little") + head + b"".join(parts), 1)


def unpack(packed: bytes) -> Arrays:
    """The reverse of `pack`, bit for bit."""
    content = zlib.decompress(packed)
    start = 4 + int.from_bytes(content[:4], "little")
    arrays: Arrays = {}
    for table, name, kind, size in json.loads(content[4:start]):
        dtype = np.dtype(kind if kind != "bool" else np.bool_).newbyteorder("<")
        end = start + size * dtype.itemsize
        arrays.setdefault(table, {})[name] = _from_bytes(content[start:end], dtype)
        start = end
    return arrays


def _to_bytes(values: NDArray[Any]) -> bytes:
    if values.dtype == np.int64:
        values = np.diff(values, prepend=np.int64(0))
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return little.view(np.uint8).reshape(-1, little.itemsize).T.tobytes()


def _from_bytes(content: bytes, dtype: "np.dtype[Any]") -> NDArray[Any]:
    if not content:
        return np.empty(0, dtype.newbyteorder("="))
    by_place = np.frombuffer(content, np.uint8).reshape(dtype.itemsize, -1)
    values = np.ascontiguousarray(by_place.T).reshape(-1).view(dtype).astype(dtype.newbyteorder("="))
    return np.cumsum(values) if dtype.kind == "i" and dtype.itemsize == 8 else values

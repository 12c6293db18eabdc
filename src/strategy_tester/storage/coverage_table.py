"""The table of spans that an exchange was asked for."""

from collections.abc import Sequence

from strategy_tester.services.coverage import take_out
from strategy_tester.services.ports import CoveredSpan, HistoryKey
from strategy_tester.storage.connection import Connection

_WHERE = "symbol = ? AND source = ? AND kind = ?"


def read_spans(connection: Connection, key: HistoryKey) -> list[CoveredSpan]:
    """Spans of a series, oldest first."""
    rows = connection.execute(
        f"SELECT start_ms, end_ms, checked_at_ms, is_empty FROM coverage WHERE {_WHERE} ORDER BY start_ms",  # noqa: S608 - ours
        [key.symbol, key.source, key.kind],
    ).fetchall()
    return [CoveredSpan(*row) for row in rows]


def write_spans(connection: Connection, key: HistoryKey, spans: Sequence[CoveredSpan]) -> None:
    """Put spans in place of all that were there."""
    connection.execute(f"DELETE FROM coverage WHERE {_WHERE}", [key.symbol, key.source, key.kind])  # noqa: S608 - ours
    if spans:
        connection.execute(
            "INSERT INTO coverage SELECT ?, ?, ?, unnest(?::BIGINT[]), unnest(?::BIGINT[]), unnest(?::BIGINT[]),"
            " unnest(?::BOOLEAN[])",
            [
                key.symbol, key.source, key.kind, [span.start_ms for span in spans], [span.end_ms for span in spans],
                [span.checked_at_ms for span in spans], [span.is_empty for span in spans],
            ],
        )  # fmt: skip


def forget_spans(connection: Connection, key: HistoryKey, start_ms: int, end_ms: int) -> None:
    """A range was changed by something else than the exchange: it counts as unchecked."""
    spans = read_spans(connection, key)
    left = take_out(spans, start_ms, end_ms)
    if left != spans:
        write_spans(connection, key, left)

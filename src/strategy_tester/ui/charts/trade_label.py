"""What the label of a trade says. No Qt here."""

from strategy_tester.domain.trades import EXIT_REASONS, TradeColumns
from strategy_tester.ui.charts.legend import Piece, Row
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.numbers import format_money, format_percent, format_price, format_time

REASONS = {
    "signal": mark("Exit signal"),
    "take_profit": mark("Take profit"),
    "stop_loss": mark("Stop loss"),
    "trailing_stop": mark("Trailing stop"),
    "liquidation": mark("Liquidation"),
    "opposite_signal": mark("Opposite signal"),
    "end_of_data": mark("End of data"),
}


def trade_rows(trades: TradeColumns, trade: int, decimals: int) -> tuple[Row, ...]:
    """Number, side, result, prices, times and reason of a trade, by its number in the columns."""
    is_long, pnl = bool(trades.side[trade] > 0), float(trades.pnl[trade])
    color = "up_text" if pnl > 0 else "down_text"
    arrow = "▲" if is_long else "▼"
    side = tr("LONG") if is_long else tr("SHORT")
    entry, exit_ = float(trades.entry_price[trade]), float(trades.exit_price[trade])
    reason = EXIT_REASONS[int(trades.exit_reason[trade])]
    bars = int(trades.exit_bar[trade] - trades.entry_bar[trade])
    percent = pnl / (entry * float(trades.quantity[trade])) * 100.0
    return (
        (
            Piece(f"#{trade + 1}", "muted"),
            Piece(f"{arrow} {side}", "up_text" if is_long else "down_text", is_bold=True),
            Piece(format_percent(percent, sign=True), color, is_bold=True),
            Piece(format_money(pnl, "USDT", sign=True), color),
        ),
        (
            Piece(format_price(entry, decimals)),
            Piece("→", "muted"),
            Piece(format_price(exit_, decimals)),
            Piece(tr(REASONS.get(reason, reason)), "text", is_bold=True),
        ),
        (
            Piece(format_time(float(trades.entry_time_ms[trade]), zone=False), "muted"),
            Piece("–", "muted"),
            Piece(format_time(float(trades.exit_time_ms[trade])), "muted"),
            Piece(tr("{bars} bars", bars=bars), "muted"),
        ),
    )

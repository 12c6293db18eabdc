from dataclasses import fields

from strategy_tester.domain.results import EXIT_REASONS, REFUSAL_REASONS, TradeColumns
from strategy_tester.engine import records


def test_exit_codes_follow_the_words_of_the_domain() -> None:
    codes = {name: int(getattr(records, name.upper())) for name in EXIT_REASONS}

    assert codes == {
        "signal": 0, "take_profit": 1, "stop_loss": 2, "trailing_stop": 3,
        "liquidation": 4, "opposite_signal": 5, "end_of_data": 6,
    }  # fmt: skip
    assert [EXIT_REASONS.index(name) for name in codes] == list(codes.values())


def test_refusal_codes_follow_the_words_of_the_domain() -> None:
    assert REFUSAL_REASONS[records.BELOW_MIN_QUANTITY] == "below_min_quantity"
    assert REFUSAL_REASONS[records.BELOW_MIN_NOTIONAL] == "below_min_notional"
    assert REFUSAL_REASONS[records.NO_EQUITY] == "no_equity"
    assert REFUSAL_REASONS[records.ROUNDED_TO_ZERO] == "rounded_to_zero"
    assert REFUSAL_REASONS[records.DISTANCE_UNKNOWN] == "exit_distance_unknown"


def test_a_trade_record_holds_every_column_but_the_times() -> None:
    columns = {column.name for column in fields(TradeColumns)}

    assert set(records.TRADE.names or ()) == columns - {"entry_time_ms", "exit_time_ms"}

-- Market data can be downloaded again: no journal keeps them. No keys and no indexes: they cost three times the file
-- and four times the insert, and the stores keep rows unique themselves.
CREATE TABLE series (
    series_id INTEGER, symbol VARCHAR, timeframe VARCHAR, source VARCHAR,
    candles BIGINT, first_open_ms BIGINT, last_open_ms BIGINT, has_turnover BOOLEAN
);
CREATE TABLE candles (
    series_id INTEGER, open_time_ms BIGINT,
    open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE, volume DOUBLE, turnover DOUBLE
);

-- The vault: everything below is in the journal first, and can be rebuilt from it.
CREATE TABLE vault_state (store_id VARCHAR, journal_number BIGINT, last_run_id BIGINT);
INSERT INTO vault_state VALUES ('', 0, 0);
CREATE TABLE strategies (name VARCHAR, version INTEGER, content VARCHAR, saved_at_ms BIGINT);
CREATE TABLE runs (
    run_id BIGINT, created_at_ms BIGINT, strategy_name VARCHAR, strategy VARCHAR,
    symbol VARCHAR, timeframe VARCHAR, source VARCHAR, start_ms BIGINT, end_ms BIGINT,
    config VARCHAR, data_hash VARCHAR, engine_version VARCHAR, metrics VARCHAR, duration_ms DOUBLE, result VARCHAR
);
CREATE TABLE trades (
    run_id BIGINT, item BIGINT, side TINYINT, entry_bar BIGINT, exit_bar BIGINT,
    entry_time_ms BIGINT, exit_time_ms BIGINT, entry_price DOUBLE, exit_price DOUBLE, quantity DOUBLE,
    pnl DOUBLE, commission DOUBLE, funding DOUBLE, slippage DOUBLE, exit_reason TINYINT,
    mae_pct DOUBLE, mfe_pct DOUBLE, equity_after DOUBLE, stop_price DOUBLE, target_price DOUBLE,
    liquidation_price DOUBLE, signal_bar BIGINT, intent BIGINT, ambiguous BOOLEAN
);
CREATE TABLE equity (
    run_id BIGINT, item BIGINT, open_time_ms BIGINT, close DOUBLE,
    equity_curve DOUBLE, cash_curve DOUBLE, position_curve DOUBLE
);
CREATE TABLE ambiguous_bars (run_id BIGINT, item BIGINT, bar BIGINT);
CREATE TABLE refusals (run_id BIGINT, item BIGINT, bar BIGINT, reason TINYINT, intent BIGINT);

-- Which spans of a series the exchange was asked for. `kind` is a timeframe, "funding" or a kind of market_values.
CREATE TABLE coverage (
    symbol VARCHAR, source VARCHAR, kind VARCHAR, start_ms BIGINT, end_ms BIGINT, checked_at_ms BIGINT,
    is_empty BOOLEAN
);
-- What an exchange listed: a row per state, valid from its moment until the next row of the same symbol and source.
CREATE TABLE listings (
    symbol VARCHAR, source VARCHAR, from_ms BIGINT, exchange VARCHAR, category VARCHAR, status VARCHAR, kind VARCHAR,
    launch_ms BIGINT, delivery_ms BIGINT, funding_interval_minutes INTEGER, settle_currency VARCHAR,
    max_quantity DOUBLE, max_market_quantity DOUBLE, tick_size DOUBLE, quantity_step DOUBLE, min_quantity DOUBLE,
    min_notional DOUBLE, max_leverage DOUBLE, maintenance_margin_rate DOUBLE, base_currency VARCHAR,
    quote_currency VARCHAR
);
CREATE TABLE risk_tiers (symbol VARCHAR, source VARCHAR, from_ms BIGINT, tiers VARCHAR);
CREATE TABLE fee_tiers (source VARCHAR, from_ms BIGINT, tiers VARCHAR, note VARCHAR);

-- Defaults are constants: a computed default has once made a write-ahead file that could not be replayed.
CREATE TABLE funding (symbol VARCHAR, source VARCHAR, time_ms BIGINT, rate DOUBLE, mark_price DOUBLE);
CREATE TABLE instruments (
    symbol VARCHAR, source VARCHAR, tick_size DOUBLE, quantity_step DOUBLE, min_quantity DOUBLE, min_notional DOUBLE,
    max_leverage DOUBLE, maintenance_margin_rate DOUBLE, base_currency VARCHAR, quote_currency VARCHAR
);
ALTER TABLE runs ADD COLUMN label VARCHAR DEFAULT '';
ALTER TABLE runs ADD COLUMN funding_count BIGINT DEFAULT 0;

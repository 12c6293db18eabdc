-- Dated values of a market besides its candles: mark price, index price, open interest. They can be downloaded again.
CREATE TABLE market_values (symbol VARCHAR, source VARCHAR, kind VARCHAR, time_ms BIGINT, value DOUBLE);

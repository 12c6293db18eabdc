-- What the user drew on charts, a part of the vault. A drawing belongs to its symbol, whatever the candles' source.
CREATE TABLE drawings (symbol VARCHAR, drawing_id VARCHAR, content VARCHAR, saved_at_ms BIGINT);

"""The practice exchange: stored candles replayed as a live market, with bad days to rehearse."""

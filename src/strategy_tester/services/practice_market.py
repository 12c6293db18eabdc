"""The practice market: made, not measured, so that everything can be tried without any data."""

from strategy_tester.domain.timeframes import Timeframe
from strategy_tester.services.jobs import Checkpoint, no_checkpoint
from strategy_tester.services.ports import CandleStore, SeriesKey

SYMBOL = "PRACTICE"
SOURCE = "practice"
SERIES = SeriesKey(SYMBOL, Timeframe.H1, SOURCE)


def ensure_practice_market(candle_store: CandleStore, checkpoint: Checkpoint = no_checkpoint) -> SeriesKey:
    """Make and store the practice market where it is missing: 1h candles, finer ones and funding."""
    from strategy_tester.marketdata.synthetic import practice_market

    if any(summary.key == SERIES for summary in candle_store.series()):
        return SERIES
    frames = (Timeframe.M5, Timeframe.H1)
    for done, frame in enumerate(frames):
        checkpoint(done, len(frames), "making the practice market")
        market = practice_market(timeframe=frame, symbol=SYMBOL)
        candle_store.write(market.candles)
        candle_store.write_funding(SYMBOL, SOURCE, market.funding)
    return SERIES

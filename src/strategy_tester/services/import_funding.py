"""Import funding rates from a file."""

from dataclasses import dataclass
from pathlib import Path

from strategy_tester.domain.costs import FundingRates
from strategy_tester.services.ports import CandleStore


@dataclass(frozen=True, eq=False)
class FundingPreview:
    """The settlements of a file and the market they are taken for."""

    symbol: str
    source: str
    funding: FundingRates


def is_funding_file(path: Path) -> bool:
    """Whether the file looks like funding rates rather than candles."""
    from strategy_tester.marketdata.funding_files import is_funding_file as looks_so

    return looks_so(path)


def preview_funding(path: Path, symbol: str | None = None, source: str | None = None) -> FundingPreview:
    """Read a file of funding rates; nothing is stored.

    Raises:
        UnreadableFile, CorruptCandles: as their messages say.
    """
    from strategy_tester.marketdata.funding_files import inspect_funding

    found = inspect_funding(path, symbol=symbol, source=source)
    return FundingPreview(found.symbol, found.source, found.funding)


def store_funding(preview: FundingPreview, candle_store: CandleStore) -> int:
    """Store the settlements; returns how many were new."""
    return candle_store.write_funding(preview.symbol, preview.source, preview.funding)

"""Dated rows in DuckDB: listings, margin tiers, fee tiers. A row holds until the next one; equal ones are not added."""

import json
from collections.abc import Sequence
from dataclasses import asdict, astuple, replace

from strategy_tester.domain.fees import FeeTier
from strategy_tester.domain.instruments import Instrument
from strategy_tester.domain.listings import Listing, ListingStatus, RiskTier
from strategy_tester.domain.market_events import Category, Market
from strategy_tester.services.ports import DatedFeeTiers, DatedListing, DatedRiskTiers
from strategy_tester.storage.connection import Connection

_LISTING = (
    "exchange", "category", "status", "kind", "launch_ms", "delivery_ms", "funding_interval_minutes",
    "settle_currency", "max_quantity", "max_market_quantity",
)  # fmt: skip
_INSTRUMENT = (
    "tick_size", "quantity_step", "min_quantity", "min_notional", "max_leverage", "maintenance_margin_rate",
    "base_currency", "quote_currency",
)  # fmt: skip


def write_listings(connection: Connection, listings: Sequence[Listing], at_ms: int) -> int:
    """Add a row for every listing that differs from the latest known one; returns how many."""
    sources = {listing.market.source for listing in listings}
    known = {
        (row.listing.market.symbol, row.listing.market.source): row
        for source in sorted(sources)
        for row in read_listings(connection, source)
    }
    changed = [listing for listing in listings if not _is_known(known, listing, at_ms)]
    if changed:
        marks = ", ".join("?" for _ in range(3 + len(_LISTING) + len(_INSTRUMENT)))
        names = ", ".join(("symbol", "source", "from_ms", *_LISTING, *_INSTRUMENT))
        connection.executemany(
            f"INSERT INTO listings ({names}) VALUES ({marks})",  # noqa: S608 - names are ours
            [_row_of(listing, at_ms) for listing in changed],
        )
    return len(changed)


def _is_known(known: dict[tuple[str, str], DatedListing], listing: Listing, at_ms: int) -> bool:
    row = known.get((listing.market.symbol, listing.market.source))
    # An answer that is older than what is known (a clock set back) changes nothing.
    return row is not None and (row.listing == _normal(listing) or at_ms <= row.from_ms)


def _normal(listing: Listing) -> Listing:
    """The listing as it comes out of the table: the instrument is named like the market."""
    market = listing.market
    return replace(listing, instrument=replace(listing.instrument, symbol=market.symbol, source=market.source))


def _row_of(listing: Listing, at_ms: int) -> list[object]:
    market, instrument = listing.market, listing.instrument
    described = [
        market.exchange, market.category.value, listing.status.value, listing.kind, listing.launch_ms,
        listing.delivery_ms, listing.funding_interval_minutes, listing.settle_currency, listing.max_quantity,
        listing.max_market_quantity,
    ]  # fmt: skip
    return [market.symbol, market.source, at_ms, *described, *(getattr(instrument, name) for name in _INSTRUMENT)]


def read_listings(connection: Connection, source: str, symbol: str | None = None) -> list[DatedListing]:
    """Every state of the listings of a source, or of one symbol, oldest first."""
    where = "source = ? AND symbol = ?" if symbol is not None else "source = ?"
    rows = connection.execute(
        f"SELECT symbol, source, from_ms, {', '.join((*_LISTING, *_INSTRUMENT))} FROM listings WHERE {where}"  # noqa: S608 - ours
        " ORDER BY from_ms, symbol",
        [source] if symbol is None else [source, symbol],
    ).fetchall()
    return [_listing_of(row) for row in rows]


def _listing_of(row: tuple[object, ...]) -> DatedListing:
    symbol, source, from_ms = str(row[0]), str(row[1]), row[2]
    told = dict(zip(_LISTING, row[3:], strict=False))
    steps = dict(zip(_INSTRUMENT, row[3 + len(_LISTING) :], strict=True))
    market = Market(str(told.pop("exchange")), Category(told.pop("category")), symbol)
    status = ListingStatus(told.pop("status"))
    instrument = Instrument(symbol=symbol, source=source, **steps)  # type: ignore[arg-type]
    return DatedListing(int(from_ms), Listing(market, status, instrument, **told))  # type: ignore[arg-type]


def write_risk_tiers(connection: Connection, place: tuple[str, str], tiers: Sequence[RiskTier], at_ms: int) -> bool:
    """Add a row for the margin tiers of (symbol, source) unless they are known."""
    known = read_risk_tiers(connection, *place)
    if not tiers or (known and (known[-1].tiers == tuple(tiers) or at_ms <= known[-1].from_ms)):
        return False
    text = json.dumps([astuple(tier) for tier in tiers])
    connection.execute("INSERT INTO risk_tiers VALUES (?, ?, ?, ?)", [*place, at_ms, text])
    return True


def read_risk_tiers(connection: Connection, symbol: str, source: str) -> list[DatedRiskTiers]:
    """Margin tiers of a symbol, oldest first."""
    rows = connection.execute(
        "SELECT from_ms, tiers FROM risk_tiers WHERE symbol = ? AND source = ? ORDER BY from_ms", [symbol, source]
    ).fetchall()
    return [DatedRiskTiers(from_ms, tuple(RiskTier(*item) for item in json.loads(text))) for from_ms, text in rows]


def write_fee_tiers(connection: Connection, source: str, tiers: Sequence[FeeTier], from_ms: int, note: str) -> bool:
    """Put the fee tiers that hold from a moment on in place of those of the same moment."""
    same = [row for row in read_fee_tiers(connection, source) if row.from_ms == from_ms]
    if same and same[0].tiers == tuple(tiers) and same[0].note == note:
        return False
    connection.execute("DELETE FROM fee_tiers WHERE source = ? AND from_ms = ?", [source, from_ms])
    text = json.dumps([asdict(tier) for tier in tiers])
    connection.execute("INSERT INTO fee_tiers VALUES (?, ?, ?, ?)", [source, from_ms, text, note])
    return True


def read_fee_tiers(connection: Connection, source: str) -> list[DatedFeeTiers]:
    """Fee tiers of a source, oldest first."""
    rows = connection.execute(
        "SELECT from_ms, tiers, note FROM fee_tiers WHERE source = ? ORDER BY from_ms", [source]
    ).fetchall()
    return [
        DatedFeeTiers(from_ms, tuple(FeeTier(**item) for item in json.loads(text)), note)
        for from_ms, text, note in rows
    ]

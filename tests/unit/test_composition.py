"""Sources of market data by name: made once, named rightly, refused in words."""

import pytest

from strategy_tester.composition import market_sources
from strategy_tester.domain.errors import ExchangeError, InvalidParameter
from strategy_tester.services.context import no_exchange


def test_sources_are_made_once_and_know_their_name():
    sources = market_sources()
    for name, exchange in (
        ("bybit", "bybit"), ("bybit-testnet", "bybit-testnet"), ("binance", "binance"), ("practice:8765", "practice"),
    ):  # fmt: skip
        assert sources(name).exchange == exchange
        assert sources(name) is sources(name)
    assert sources("practice:8765") is not sources("practice:8766")


@pytest.mark.parametrize("name", ["kraken", "practice", "practice:", "practice:x", "practice:0", "practice:99999", ""])
def test_unknown_exchanges_are_refused(name: str):
    with pytest.raises(InvalidParameter, match="bybit, bybit-testnet, binance, practice:PORT"):
        market_sources()(name)


def test_panels_without_exchanges_say_so():
    with pytest.raises(ExchangeError, match="no exchange"):
        no_exchange("bybit")

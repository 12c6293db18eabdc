"""What the integrity check finds in files that open."""

from pathlib import Path

import pytest

from builders import make_candles, make_description, make_result
from strategy_tester.storage.stores import open_stores


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("INSERT INTO candles SELECT * FROM candles", "open times are stored twice"),
        ("DELETE FROM candles WHERE open_time_ms = (SELECT max(open_time_ms) FROM candles)", "the catalog tells of"),
        ("UPDATE vault_state SET journal_number = 99", "the database at 99"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, change: str, complaint: str) -> None:
    with open_stores(tmp_path) as stores:
        stores.candles.write(make_candles())
        stores.runs.save(make_description(), make_result(), 1.0)
        assert stores.check() == []
        stores.vault.database.run(lambda connection: connection.execute(change))
        found = stores.check()
        assert [notice.level for notice in found] == ["error"]
        assert complaint in found[0].text


def test_a_journal_changed_behind_our_back_is_named(tmp_path: Path) -> None:
    with open_stores(tmp_path) as stores:
        stores.strategies.save("mine", {"a": 1})
        journal = tmp_path / "vault.journal"
        journal.write_bytes(journal.read_bytes().replace(b"mine", b"mane"))
        assert "damaged entries" in stores.check()[0].text

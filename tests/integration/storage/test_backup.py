"""A backup made while the program works opens as a data folder and holds the same."""

import threading
from pathlib import Path

from integration.storage.support import Truth, fill
from integration.storage.writer import candles_for, perform
from strategy_tester.storage.stores import open_stores


def test_a_backup_opens_as_a_folder_with_the_same_content(tmp_path: Path) -> None:
    truth = fill(tmp_path / "store")
    with open_stores(tmp_path / "store") as stores:
        backup = stores.back_up()
        stores.strategies.save("later", {"number": 1})
    with open_stores(backup) as restored:
        assert restored.notices == []
        truth.assert_in(restored)
        assert restored.check() == []


def test_a_backup_during_an_import_is_of_one_moment(tmp_path: Path) -> None:
    truth = Truth()
    with open_stores(tmp_path / "store") as stores:
        truth.hear({"done": perform(stores, {"number": 1, "kind": "run", "symbol": "K0USDT", "count": 1})})

        def import_candles() -> None:
            for part in range(20):
                stores.candles.write(candles_for("K0USDT", part * 500, 500))

        thread = threading.Thread(target=import_candles)
        thread.start()
        backup = stores.back_up()
        thread.join()
    with open_stores(backup) as restored:
        assert restored.notices == []
        truth.assert_in(restored, candles=False)
        truth.assert_candles_right(restored)
        assert restored.check() == []

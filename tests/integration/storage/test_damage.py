"""Files are damaged, cut, swapped or removed while the program is closed: it notices, says so and loses no run."""

import shutil
import sqlite3
from pathlib import Path

import duckdb
import pytest

from integration.storage.support import Truth, fill, rounds, seeded, texts
from integration.storage.writer import perform
from strategy_tester.domain.errors import DatabaseDamaged, MissingCandles
from strategy_tester.storage.stores import open_stores

DATABASE = "bybit-strategy-tester.duckdb"
WAL = DATABASE + ".wal"
JOURNAL = "vault.journal"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """A folder that was closed in order."""
    folder = tmp_path_factory.mktemp("filled") / "store"
    return folder, fill(folder)


@pytest.fixture(scope="module")
def left_open(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    """Copies of the files of a program that is still running: as after a power cut, everything is in the WAL."""
    folder = tmp_path_factory.mktemp("left") / "store"
    truth = Truth()
    with open_stores(folder) as stores:
        for number, kind in enumerate(("candles", "strategy", "run", "candles", "drawing"), start=1):
            truth.hear({"done": perform(stores, {"number": number, "kind": kind, "symbol": "K0USDT", "count": 300})})
        copied = folder.with_name("copied")
        copied.mkdir()
        for name in (DATABASE, WAL, JOURNAL):
            shutil.copyfile(folder / name, copied / name)
    return copied, truth


def copy_of(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    # A copy has another date than the one noted at closing, so the child process looks at it, as after any surprise.
    return target


def flip_bit(path: Path, place: int, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.write_bytes(content)


def assert_right_or_said(folder: Path, truth: Truth) -> bool:
    """Start twice; nothing acknowledged of the vault is lost, no candle is wrong, and whatever is missing was said.

    Returns whether anything was noticed.
    """
    with open_stores(folder) as stores:
        notices = list(stores.notices)
        complaints = stores.check()
        told = bool(notices or complaints)
        if not complaints:
            truth.assert_in(stores, candles=not told)
            truth.assert_candles_right(stores)
    with open_stores(folder) as stores:
        truth.assert_in(stores, candles=not told)
        truth.assert_candles_right(stores)
        assert stores.check() == []
    return told


def copied_truth(truth: Truth) -> Truth:
    return Truth(dict(truth.totals), dict(truth.strategies), dict(truth.runs), dict(truth.drawings))


def test_a_flipped_bit_in_the_database_is_never_silently_wrong(filled: tuple[Path, Truth], tmp_path: Path) -> None:
    folder, truth = filled
    rng = seeded(11)
    size = (folder / DATABASE).stat().st_size
    noticed = 0
    for number in range(rounds(25, 500)):
        copy = copy_of(folder, tmp_path / f"flip{number}")
        # Half of them where the metadata lie, which a small file of a new database hardly shows otherwise.
        place = rng.randrange(12_288, 12_288 + 4096 * 8) if number % 2 else rng.randrange(size)
        flip_bit(copy / DATABASE, place, rng.randrange(8))
        noticed += assert_right_or_said(copy, copied_truth(truth))
    assert noticed >= rounds(12, 250)


def test_a_flipped_bit_in_the_wal_is_noticed(left_open: tuple[Path, Truth], tmp_path: Path) -> None:
    folder, truth = left_open
    rng = seeded(12)
    size = (folder / WAL).stat().st_size
    for number in range(rounds(10, 500)):
        copy = copy_of(folder, tmp_path / f"flip{number}")
        flip_bit(copy / WAL, rng.randrange(size), rng.randrange(8))
        assert assert_right_or_said(copy, copied_truth(truth)), f"flip {number} was not noticed"


def test_a_flipped_bit_in_the_journal_loses_nothing_and_is_noticed(filled: tuple[Path, Truth], tmp_path: Path) -> None:
    folder, truth = filled
    rng = seeded(13)
    size = (folder / JOURNAL).stat().st_size
    for number in range(rounds(15, 500)):
        copy = copy_of(folder, tmp_path / f"flip{number}")
        flip_bit(copy / JOURNAL, rng.randrange(size), rng.randrange(8))
        with open_stores(copy) as stores:
            assert "journal" in texts(stores.notices), f"flip {number} was not noticed"
            copied_truth(truth).assert_in(stores)
            assert stores.check() == []
        with open_stores(copy) as stores:
            assert stores.notices == []


def test_a_journal_repaired_after_a_flip_rebuilds_every_run(filled: tuple[Path, Truth], tmp_path: Path) -> None:
    folder, truth = filled
    copy = copy_of(folder, tmp_path / "copy")
    flip_bit(copy / JOURNAL, (copy / JOURNAL).stat().st_size // 2, 3)
    open_stores(copy).close()
    (copy / DATABASE).unlink()
    with open_stores(copy) as stores:
        copied_truth(truth).assert_in(stores, candles=False)


@pytest.mark.parametrize("how", ["removed", "emptied", "garbage", "foreign"])
def test_a_database_that_does_not_open_is_moved_aside_and_the_vault_rebuilt(
    filled: tuple[Path, Truth], tmp_path: Path, how: str
) -> None:
    folder, truth = filled
    copy = copy_of(folder, tmp_path / "copy")
    database = copy / DATABASE
    original = database.read_bytes()
    database.unlink()
    if how == "emptied":
        database.touch()
    elif how == "garbage":
        database.write_bytes(seeded(1).randbytes(50_000))
    elif how == "foreign":
        with sqlite3.connect(database) as other:
            other.execute("CREATE TABLE t (a)")
        other.close()
    damaged = database.read_bytes() if database.exists() else None
    with open_stores(copy) as stores:
        copied_truth(truth).assert_in(stores, candles=False)
        assert stores.candles.series() == []
        assert "K0USDT 1h test, K1USDT 1h test" in texts(stores.notices) or "K1USDT 1h test, K0USDT" in texts(
            stores.notices
        )
        if damaged:
            kept = [path for path in (copy / "set-aside").iterdir() if path.name.endswith(DATABASE)]
            assert [path.read_bytes() for path in kept] == [damaged]
    assert original
    with open_stores(copy) as stores:
        assert stores.notices == []


def test_a_lost_or_cut_wal_is_noticed_by_the_counter(left_open: tuple[Path, Truth], tmp_path: Path) -> None:
    folder, truth = left_open
    rng = seeded(14)
    size = (folder / WAL).stat().st_size
    for number in range(rounds(20, 200)):
        copy = copy_of(folder, tmp_path / f"cut{number}")
        wal = copy / WAL
        if number % 3 == 0:
            wal.unlink()
        elif number % 3 == 1:
            wal.write_bytes(wal.read_bytes()[: rng.randrange(size)])
        else:
            wal.write_bytes(rng.randbytes(100))
        with open_stores(copy) as stores:
            assert stores.notices, f"round {number} was not noticed"
            copied_truth(truth).assert_in(stores, candles=False)
            copied_truth(truth).assert_candles_right(stores)
            assert stores.check() == []
        with open_stores(copy) as stores:
            assert stores.notices == []


def test_candles_lost_with_the_wal_are_named(left_open: tuple[Path, Truth], tmp_path: Path) -> None:
    copy = copy_of(left_open[0], tmp_path / "copy")
    (copy / WAL).unlink()
    with open_stores(copy) as stores:
        assert "Candles written last are not in the database: K0USDT 1h test." in texts(stores.notices)
        assert "3 saved changes to strategies, runs and drawings came from the journal" in texts(stores.notices)


def test_a_wal_replaced_by_an_older_one_is_noticed(tmp_path: Path) -> None:
    folder, truth = tmp_path / "store", Truth()
    copied = tmp_path / "copied"
    copied.mkdir()
    with open_stores(folder) as stores:
        truth.hear({"done": perform(stores, {"number": 1, "kind": "run", "symbol": "K0USDT", "count": 1})})
        older = (folder / WAL).read_bytes()
        truth.hear({"done": perform(stores, {"number": 2, "kind": "run", "symbol": "K0USDT", "count": 1})})
        for name in (DATABASE, JOURNAL):
            shutil.copyfile(folder / name, copied / name)
    (copied / WAL).write_bytes(older)
    with open_stores(copied) as stores:
        assert "1 saved change to strategies, runs and drawings came from the journal" in texts(stores.notices)
        truth.assert_in(stores)


@pytest.mark.parametrize("how", ["removed", "cut", "older", "emptied"])
def test_a_lost_or_cut_journal_is_noticed_and_written_anew(
    filled: tuple[Path, Truth], tmp_path: Path, how: str
) -> None:
    folder, truth = filled
    copy = copy_of(folder, tmp_path / "copy")
    journal = copy / JOURNAL
    lines = journal.read_bytes().splitlines(keepends=True)
    if how == "removed":
        journal.unlink()
    else:
        journal.write_bytes({"cut": b"".join(lines)[:-40], "older": b"".join(lines[:-2]), "emptied": b""}[how])
    with open_stores(copy) as stores:
        assert "journal" in texts(stores.notices)
        copied_truth(truth).assert_in(stores)
    (copy / DATABASE).unlink()
    with open_stores(copy) as stores:
        copied_truth(truth).assert_in(stores, candles=False)


def test_a_journal_of_another_store_is_kept_aside(filled: tuple[Path, Truth], tmp_path: Path) -> None:
    folder, truth = filled
    copy = copy_of(folder, tmp_path / "copy")
    with open_stores(tmp_path / "other") as other:
        other.strategies.save("theirs", {})
    shutil.copyfile(tmp_path / "other" / JOURNAL, copy / JOURNAL)
    with open_stores(copy) as stores:
        assert "belongs to another database" in texts(stores.notices)
        copied_truth(truth).assert_in(stores)
    assert len(list((copy / "set-aside").glob("*" + JOURNAL))) == 1


def test_a_torn_last_entry_is_left_out_and_kept(filled: tuple[Path, Truth], tmp_path: Path) -> None:
    folder, truth = filled
    copy = copy_of(folder, tmp_path / "copy")
    with (copy / JOURNAL).open("ab") as file:
        file.write(b'{"sha256":"0123456789abcdef","number":99,"kind":"run_sa')
    with open_stores(copy) as stores:
        assert [notice.level for notice in stores.notices] == ["info"]
        assert "incomplete" in texts(stores.notices)
        copied_truth(truth).assert_in(stores)
    assert [path.read_bytes()[:10] for path in (copy / "set-aside").iterdir()] == [b'{"sha256":']


def test_damaged_candles_are_said_when_read_and_the_next_start_saves_the_rest(tmp_path: Path) -> None:
    folder, truth = tmp_path / "store", Truth()
    with open_stores(folder) as stores:
        for number, symbol in enumerate(("K0USDT", "K1USDT"), start=1):
            operation = {"number": number, "kind": "bulk", "symbol": symbol, "count": 130_000}
            truth.hear({"done": perform(stores, operation)})
        truth.hear({"done": perform(stores, {"number": 3, "kind": "run", "symbol": "K0USDT", "count": 1})})
    flip_bit(folder / DATABASE, _block_of(folder / DATABASE, "close") + 5_000, 2)
    with open_stores(folder) as stores:
        with pytest.raises(DatabaseDamaged):
            stores.candles.read(_key("K0USDT"))
        assert "Close and start the program" in stores.notices[-1].hint
        assert stores.runs.list()
    with open_stores(folder) as stores:
        assert "These could not be read: K0USDT 1h test" in texts(stores.notices)
        assert [summary.key.symbol for summary in stores.candles.series()] == ["K1USDT"]
        assert len(stores.candles.read(_key("K1USDT"))) == 130_000
        with pytest.raises(MissingCandles):
            stores.candles.read(_key("K0USDT"))
        truth.assert_in(stores, candles=False)
    with open_stores(folder) as stores:
        assert stores.notices == []


def _key(symbol: str) -> object:
    from integration.storage.support import key_of

    return key_of(symbol)


def _block_of(database: Path, column: str) -> int:
    """Where the file keeps a column's first values."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "SELECT block_id FROM pragma_storage_info('candles')"
            " WHERE column_name = ? AND segment_type = 'DOUBLE' AND persistent ORDER BY row_group_id, start",
            [column],
        ).fetchall()
    return 12_288 + 262_144 * int(rows[0][0])

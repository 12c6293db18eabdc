"""What every test shares: private folders, and no screen needed."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def _private_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees or touches the user's own data."""
    monkeypatch.setenv("BST_DATA_DIR", str(tmp_path / "data"))

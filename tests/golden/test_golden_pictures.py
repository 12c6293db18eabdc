"""The program looks as approved: its main states, in both themes and languages, at two scales, on two monitors.

`python packaging/dev.py pictures` takes all pictures anew and approves them; look at them before you commit.
"""

import os
from pathlib import Path

import pytest

from golden.pictures import APPROVED, FONTS, MOST_DIFFERENT_BLOCKS, SETTINGS, different_blocks, take_pictures

pytestmark = pytest.mark.skipif(
    not (FONTS / "DejaVuSans.ttf").exists(), reason="the pictures are written in DejaVu Sans, which is not installed"
)


@pytest.mark.parametrize("name", SETTINGS)
def test_main_states_look_as_approved(name: str, tmp_path: Path) -> None:
    take_pictures(tmp_path, SETTINGS[name])
    taken = {path.name for path in tmp_path.glob("*.png")}
    approved = {path.name for path in APPROVED.glob(f"*.{name}.png")}
    assert taken == approved
    differences = {
        picture: f"{share:.2%} of the blocks differ, {place}"
        for picture in sorted(taken)
        if (found := different_blocks(tmp_path / picture, APPROVED / picture))[0] > MOST_DIFFERENT_BLOCKS
        for share, place in [found]
    }
    _keep_for_a_look(tmp_path, differences)
    assert not differences


def _keep_for_a_look(folder: Path, differences: dict[str, str]) -> None:
    wanted = os.environ.get("BST_PICTURES")
    if wanted and differences:
        Path(wanted).mkdir(parents=True, exist_ok=True)
        for picture in differences:
            (Path(wanted) / picture).write_bytes((folder / picture).read_bytes())


@pytest.mark.parametrize(
    ("changed", "is_seen"), [((100, 100, 140, 112), True), ((100, 100, 103, 103), False)], ids=["a label", "a speck"]
)
def test_a_changed_label_is_noticed_and_a_speck_is_not(changed, is_seen, tmp_path, qapp) -> None:
    from PySide6.QtGui import QColor, QImage, QPainter

    picture = QImage(400, 300, QImage.Format.Format_RGB32)
    picture.fill(QColor("#131722"))
    picture.save(str(tmp_path / "one.png"))
    painter = QPainter(picture)
    left, top, right, bottom = changed
    painter.fillRect(left, top, right - left, bottom - top, QColor("#D7DBE4"))
    painter.end()
    picture.save(str(tmp_path / "two.png"))
    assert (different_blocks(tmp_path / "one.png", tmp_path / "two.png")[0] > MOST_DIFFERENT_BLOCKS) is is_seen

"""Windows on two screens of different scale, without a screen and, where there is an X server to start, with two."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("screen_script.py")
TOOLS = ("Xvfb", "xrandr", "openbox")
MISSING_TOOLS = [name for name in TOOLS if shutil.which(name) is None]


def screen(name: str, left: int, size: tuple[int, int], percent: int) -> dict:
    """A screen of so many device pixels at a scale, as the system describes it to Qt."""
    return {
        "name": name, "x": left, "y": 0, "width": size[0], "height": size[1],
        "logicalDpi": round(96 * percent / 100), "logicalBaseDpi": 96, "dpr": 1,
    }  # fmt: skip


def left(percent: int) -> dict:
    return screen("LEFT", 0, (1920, 1080), percent)


def right(percent: int) -> dict:
    return screen("RIGHT", 1920, (2560, 1440), percent)


class Program:
    """Starts the program again and again over the same settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "BST_CACHE_DIR": str(folder / "cache"),
        }

    def start(self, screens: list[dict], *commands: str) -> list[dict]:
        """What every `report` said."""
        # A relative name: the platform's arguments are divided by colons.
        (self.folder / "screens.json").write_text(json.dumps({"screens": screens}), encoding="utf-8")
        return self.start_on({"QT_QPA_PLATFORM": "offscreen:configfile=screens.json"}, *commands)

    def start_on(self, platform: dict[str, str], *commands: str) -> list[dict]:
        done = subprocess.run(
            [sys.executable, str(SCRIPT), "settings.json", *commands], cwd=self.folder, check=False,
            env=self.environment | platform, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.mark.parametrize(("left_percent", "right_percent"), [(100, 150), (125, 200), (200, 125), (150, 100)])
def test_window_comes_back_to_its_screen_and_without_it_to_the_other(program: Program, left_percent, right_percent):
    both = [left(left_percent), right(right_percent)]
    before, again = program.start(
        both, "float,RIGHT,100,80,700,450", "wait,50", "save", "report", "restart", "report"
    )  # fmt: skip
    assert before["trades"]["geometry"] == [2020, 80, 700, 450]
    assert before["trades"]["pixel_ratio"] == right_percent / 100

    assert again["trades"] == before["trades"]
    assert again["main"]["screen"] == "LEFT"
    assert again["main"]["is_whole"]

    (alone,) = program.start([left(left_percent)], "report", "save")
    assert alone["trades"]["geometry"] == [100, 80, 700, 450]
    assert alone["trades"]["screen"] == "LEFT"
    assert alone["trades"]["is_whole"]
    assert alone["trades"]["pixel_ratio"] == left_percent / 100

    (home,) = program.start(both, "report")
    assert home["trades"] == before["trades"]


def test_window_fits_a_screen_whose_scale_was_raised(program: Program):
    program.start([left(100), right(100)], "float,RIGHT,900,300,1500,1000", "wait,50", "save")
    (larger,) = program.start([left(100), right(200)], "report")
    trades = larger["trades"]
    assert trades["screen"] == "RIGHT"
    assert trades["is_whole"]
    assert trades["frame"][2:] == pytest.approx([1280, 720], abs=2)  # frames are a pixel or two


def test_maximized_window_is_maximized_on_its_screen_again(program: Program):
    both = [left(125), right(150)]
    steps = ("float,RIGHT,100,80,700,450", "wait,50", "save", "maximize", "wait,50", "save")
    (again,) = program.start(both, *steps, "restart", "wait,50", "report")
    assert again["trades"]["is_maximized"]
    assert again["trades"]["screen"] == "RIGHT"
    (alone,) = program.start([left(125)], "wait,50", "report", "save")
    assert alone["trades"]["is_maximized"]
    assert alone["trades"]["screen"] == "LEFT"


def test_main_window_of_a_missing_screen_comes_to_the_one_there_is(program: Program):
    program.start([left(100), right(100)], "main,2200,100,1500,800", "wait,50", "save")
    (alone,) = program.start([left(150)], "report", "save")
    assert alone["main"]["screen"] == "LEFT"
    assert alone["main"]["is_whole"]
    assert alone["main"]["frame"][2:] == pytest.approx([1280, 720], abs=2)  # frames are a pixel or two
    (home,) = program.start([left(150), right(100)], "report")
    assert home["main"]["geometry"] == [2200, 100, 1500, 800]


def test_screens_that_changed_sides_take_their_windows_along(program: Program):
    program.start([left(100), right(150)], "float,RIGHT,100,80,700,450", "wait,50", "save")
    swapped = [screen("LEFT", 2560, (1920, 1080), 100), screen("RIGHT", 0, (2560, 1440), 150)]
    (after,) = program.start(swapped, "report")
    assert after["trades"]["geometry"] == [100, 80, 700, 450]
    assert after["trades"]["screen"] == "RIGHT"
    assert after["main"]["screen"] == "LEFT"


def test_workspace_for_two_monitors_waits_for_the_second_one(program: Program):
    (alone,) = program.start([left(100)], "switch,Two monitors", "wait,50", "save", "report")
    assert alone["floating"] == ["LEFT"]
    (both,) = program.start([left(100), right(150)], "report")
    assert both["floating"] == ["RIGHT"]
    assert both["main"]["screen"] == "LEFT"


@pytest.fixture
def monitors(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Two monitors side by side on an X server of our own, with a window manager; the environment to use them."""
    if MISSING_TOOLS:
        pytest.skip(f"needs {', '.join(MISSING_TOOLS)}")
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "3200x900x24", "+extension", "RANDR", "-noreset"]
    with contextlib.ExitStack() as stack:
        server = subprocess.Popen(
            [*command, "-nolisten", "tcp"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        stack.callback(server.wait, 10)
        stack.callback(server.terminate)
        assert server.stdout is not None
        stack.callback(server.stdout.close)
        number = server.stdout.readline().strip()
        if not number:
            pytest.skip("Xvfb does not start")
        environment = {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
        for monitor in (("LEFT", "+0+0", "screen"), ("RIGHT", "+1600+0", "none")):
            place = ["xrandr", "--setmonitor", monitor[0], f"1600/423x900/238{monitor[1]}", monitor[2]]
            subprocess.run(place, env=os.environ | environment, check=True, capture_output=True)
        manager = subprocess.Popen(
            ["openbox"], env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        stack.callback(manager.wait, 10)
        stack.callback(manager.terminate)
        time.sleep(0.5)
        yield environment


@pytest.mark.skipif(sys.platform != "linux", reason="X11 is at home on Linux")
def test_monitor_is_unplugged_and_comes_back(program: Program, monitors: dict[str, str]):
    """A real X server, a real window manager, a program that runs all the time."""
    before, alone, home, unseen = program.start_on(
        monitors,
        "main,60,60,1200,700", "float,RIGHT,200,120,700,450", "until,1800", "wait,300", "save", "report",
        "unplug", "until,200", "report",
        "plug", "until,1800", "report",
        "unplug", "until,200", "save", "report",
    )  # fmt: skip
    assert before["screens"] == ["LEFT", "RIGHT"]
    assert before["trades"]["geometry"] == [1800, 120, 700, 450]
    assert alone["screens"] == ["LEFT"]
    assert alone["trades"]["geometry"] == [200, 120, 700, 450]
    assert alone["trades"]["is_whole"]
    assert home["trades"]["geometry"] == [1800, 120, 700, 450]
    assert home["main"]["geometry"] == before["main"]["geometry"]
    assert unseen["trades"]["geometry"] == [200, 120, 700, 450]

    # Ended with one monitor, started with one, then the other comes back.
    start, returned = program.start_on(monitors, "until,200", "report", "plug", "until,1800", "report")
    assert start["trades"]["geometry"] == [200, 120, 700, 450]
    assert returned["trades"]["geometry"] == [1800, 120, 700, 450]

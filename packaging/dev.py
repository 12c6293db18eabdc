"""Set up, show, test and build the program with nothing but Python 3.11 and a package index.

    python packaging/dev.py demo [--headless] [--out DIR]   a finished backtest of a practice market
    python packaging/dev.py test [pytest arguments]         style, types, layers and tests
    python packaging/dev.py app                             open the program
    python packaging/dev.py build                           the PyInstaller folder, started once
    python packaging/dev.py setup                           only the environment
    python packaging/dev.py pictures                        take the golden pictures anew and approve them
    python packaging/dev.py soak [--minutes N] [--seed S]   a day of live data at 100x on a bad day: 14.4 minutes
    python packaging/dev.py lock                            compile packaging/requirements.lock anew

Standard library only: this file runs before anything is installed.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "packaging" / "requirements.lock"
STAMP = VENV / "setup-stamp.json"
UV_REQUIREMENT = "uv==0.13.8"
WINDOWS = os.name == "nt"

# Library file that Qt opens -> Debian package that brings it. libgl1 and libegl1 are needed even without a screen.
QT_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libbrotlidec.so.1": "libbrotli1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}


class SetupError(Exception):
    """The environment cannot be made; the text says what to do."""


def main(arguments: list[str]) -> int:
    verbs = {
        "demo": demo,
        "test": test,
        "app": app,
        "build": build,
        "pictures": pictures,
        "setup": lambda rest: 0,
        "lock": lock,
        "soak": soak,
    }
    if not arguments or arguments[0] not in verbs:
        print(__doc__)
        return 2
    try:
        set_up()
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return verbs[arguments[0]](arguments[1:])


# --- the verbs -------------------------------------------------------------------------------


def demo(rest: list[str]) -> int:
    return run_in_venv("-m", "strategy_tester.cli.main", "demo", *rest)


def app(rest: list[str]) -> int:
    return run_in_venv("-m", "strategy_tester", *rest)


def test(rest: list[str]) -> int:
    """Style, layers, types, then pytest; every step runs so that one report shows everything."""
    steps = [
        ("style", ["-m", "ruff", "check", "src", "tests", "packaging"]),
        ("format", ["-m", "ruff", "format", "--check", "src", "tests", "packaging"]),
        ("layers", ["-c", "from importlinter.cli import lint_imports_command as c; c()"]),
        ("types", ["-m", "basedpyright", "--level", "error"]),
        ("tests", ["-m", "pytest", "-q", *(rest or ["-n", "2", "--dist", "loadfile"])]),
    ]
    failed = []
    for name, command in steps:
        started = time.monotonic()
        print(f"== {name}", flush=True)
        code = run_in_venv(*command, screen=False)
        print(
            f"== {name}: {'failed' if code else 'ok'}, {time.monotonic() - started:.0f} s",
            flush=True,
        )
        if code:
            failed.append(name)
    if failed:
        print("failed: " + ", ".join(failed))
    return 1 if failed else 0


def build(rest: list[str]) -> int:
    """Make the one-folder bundle, then start it once: it must backtest and draw a chart."""
    work, dist = ROOT / "build", ROOT / "dist"
    spec = ROOT / "packaging" / "bybit-strategy-tester.spec"
    code = run_in_venv(
        "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN",
        "--workpath", str(work), "--distpath", str(dist), str(spec), *rest,
    )  # fmt: skip
    if code:
        return code
    program = dist / "bybit-strategy-tester" / ("bst.exe" if WINDOWS else "bst")
    out = work / "bundle-check"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    print("== starting the bundle", flush=True)
    code = subprocess.call([str(program), "demo", "--headless", "--out", str(out)], env=environment, cwd=out)
    written = sorted(path.name for path in out.glob("*") if path.stat().st_size > 0)
    print(f"== the bundle wrote {written or 'nothing'}; folder size {folder_megabytes(dist)} MB")
    if code or not {".csv", ".png"} <= {Path(name).suffix for name in written}:
        print("the bundle did not do a backtest with a chart", file=sys.stderr)
        return 1
    return 0


def pictures(_rest: list[str]) -> int:
    """Pictures of the program's main states, as `tests/golden` compares them; look at them before a commit."""
    return run_in_venv("tests/golden/pictures.py", screen=False)


def soak(rest: list[str]) -> int:
    """The live stream under faults, against a practice exchange; every candle, book and trade is compared."""
    return run_in_venv("tests/soak/soak.py", *rest, screen=False)


def lock(_rest: list[str]) -> int:
    return run_in_venv(
        "-m", "uv", "pip", "compile", "-q", "--universal", "--python-version", "3.11",
        "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links", "--no-header",
        "pyproject.toml", "--group", "dev", "-o", str(LOCK),
    )  # fmt: skip


def folder_megabytes(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) // 1_000_000


# --- the environment --------------------------------------------------------------------------


def set_up() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is started by whatever Python is at hand
        raise SetupError(f"Python 3.11 or newer is needed; this is {platform.python_version()}.")
    if sys.platform.startswith("linux"):
        ensure_qt_libraries()
    wanted = fingerprint()
    if installed_fingerprint() == wanted and venv_python().exists():
        return
    started = time.monotonic()
    print("Setting up .venv (the first time takes a minute or two) ...", flush=True)
    make_venv()
    install()
    STAMP.write_text(json.dumps({"fingerprint": wanted}), encoding="utf-8")
    print(f"Ready after {time.monotonic() - started:.0f} s.", flush=True)


def fingerprint() -> str:
    parts = [
        LOCK.read_bytes(),
        (ROOT / "pyproject.toml").read_bytes(),
        sys.version.encode(),
        str(ROOT).encode(),
    ]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def installed_fingerprint() -> str | None:
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))["fingerprint"]
    except (OSError, ValueError, KeyError):
        return None


def venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")


def make_venv() -> None:
    if venv_python().exists() and run_quietly([str(venv_python()), "-m", "pip", "--version"]) == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if run_quietly([sys.executable, "-c", "import ensurepip, venv"]) != 0:
        # Debian splits venv out of Python; as root we fetch it, otherwise the user must.
        install_debian_packages(["python3-venv"], why="Python's venv module is missing")
    run_or_explain([sys.executable, "-m", "venv", str(VENV)], "The virtual environment could not be made.")


def install() -> None:
    python = str(venv_python())
    run_or_explain(
        [python, "-m", "pip", "install", "--quiet", UV_REQUIREMENT],
        "pip could not install uv. Is the package index reachable?",
    )
    environment = {**os.environ, **uv_index_settings(python)}
    run_or_explain(
        [
            python,
            "-m",
            "uv",
            "pip",
            "sync",
            "--compile-bytecode",  # numba and Qt are thousands of modules; reading their sources at each start is slow
            "--quiet",
            "--python",
            python,
            "--require-hashes",
            str(LOCK),
        ],
        "The locked packages could not be installed.",
        environment,
    )
    run_or_explain(
        [python, "-m", "uv", "pip", "install", "--quiet", "--python", python, "--no-deps",
         "--no-build-isolation", "-e", str(ROOT)],
        "The program itself could not be installed.",
        environment,
    )  # fmt: skip
    # uv removed itself with the sync; the lock verb wants it back.
    run_or_explain([python, "-m", "pip", "install", "--quiet", UV_REQUIREMENT], "pip could not install uv.")


def uv_index_settings(python: str) -> dict[str, str]:
    """Let uv use the index that pip is configured for; uv does not read pip's settings."""
    command = [python, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "find-links": "UV_FIND_LINKS",
    }
    settings: dict[str, str] = {"UV_SYSTEM_CERTS": "1"} if "cert=" in listed else {}
    # pip takes all its indexes as one; the hashes of the lock keep that safe.
    settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        name = names.get(key.rpartition(".")[2])
        if name and name not in os.environ:
            values = value.strip("'\"").replace("\\n", " ").split()
            present = [entry for entry in values if "://" in entry or Path(entry).exists()]
            present = [entry for entry in present if not is_missing_folder(entry)]
            if present:
                settings[name] = ("," if name == "UV_FIND_LINKS" else " ").join(present)
    return settings


def is_missing_folder(address: str) -> bool:
    return address.startswith("file://") and not Path(address.removeprefix("file://")).exists()


def ensure_qt_libraries() -> None:
    missing = sorted({package for name, package in QT_LIBRARIES.items() if not can_open(name)})
    if missing:
        install_debian_packages(missing, why="Qt needs system libraries that are not here")


def can_open(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install_debian_packages(packages: list[str], why: str) -> None:
    prefix = "" if is_root() else "sudo "
    command = f"{prefix}apt-get update && {prefix}apt-get install -y --no-install-recommends {' '.join(packages)}"
    if not (is_root() and shutil.which("apt-get")):
        raise SetupError(f"{why}. On Debian or Ubuntu run this, then try again:\n\n    {command}\n")
    print(f"{why}; installing {' '.join(packages)} ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run_or_explain(["apt-get", "update", "-qq"], "apt-get update failed.", environment)
    run_or_explain(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
        f"apt-get could not install {' '.join(packages)}.",
        environment,
    )


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


# --- running things ---------------------------------------------------------------------------


def run_in_venv(*arguments: str, screen: bool = True) -> int:
    environment = {**os.environ, "PYTHONUTF8": "1"}
    no_screen = sys.platform.startswith("linux") and not (
        environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    )
    if no_screen or not screen:
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    folder = None if arguments[:2] == ("-m", "strategy_tester.cli.main") else ROOT
    try:
        return subprocess.call([str(venv_python()), *arguments], cwd=folder, env=environment)
    except KeyboardInterrupt:
        return 130


def run_quietly(command: list[str]) -> int:
    return subprocess.run(command, capture_output=True, check=False).returncode


def run_or_explain(command: list[str], explanation: str, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        detail = (done.stderr or done.stdout).strip()[-2000:]
        raise SetupError(f"{explanation}\n{' '.join(command)}\n{detail}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

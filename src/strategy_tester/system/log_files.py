"""The program's log: a few files that replace one another, readable by the user alone, with secrets blotted out."""

import logging
import re
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

from strategy_tester.locations import log_folder

LOG_NAME = "program.log"
_LARGEST_BYTES = 2_000_000
_KEPT_FILES = 4
_BLOT = "[hidden]"
# Names under which keys travel, followed by their value in quotes, after = or :, or in a header.
_NAMED_VALUES = re.compile(
    r"(?i)(\b(?:api[_-]?key|api[_-]?secret|secret|password|passwd|token|signature|sign|authorization|x-bapi-[a-z-]+)\b"
    r"[\"']?\s*[=:]\s*(?:bearer\s+)?[\"']?)([^\s\"',;&})]+)"
)

logger = logging.getLogger(__name__)


class BlottingFormatter(logging.Formatter):
    """One line per record in UTC; whatever looks like a key or password is blotted out, in tracebacks too."""

    converter = time.gmtime
    default_msec_format = "%s.%03dZ"
    default_time_format = "%Y-%m-%dT%H:%M:%S"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The finished text of a record."""
        return blot(super().format(record))


def blot(text: str) -> str:
    """The text with the values of keys, tokens and passwords hidden."""
    return _NAMED_VALUES.sub(rf"\1{_BLOT}", text)


def start_log(folder: Path | None = None, level: int = logging.INFO) -> Path | None:
    """Send all log records to a file from now on; a second call changes nothing.

    Args:
        folder: Where to; the user's log folder when left out.
        level: The least important level that is written; other people's packages write warnings only.

    Returns:
        The file, or None when the folder cannot be written: the program works without a log.
    """
    root = logging.getLogger()
    for handler in root.handlers:
        if isinstance(handler, RotatingFileHandler) and Path(handler.baseFilename).name == LOG_NAME:
            return Path(handler.baseFilename)
    path = (folder or log_folder()) / LOG_NAME
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        handler = RotatingFileHandler(path, maxBytes=_LARGEST_BYTES, backupCount=_KEPT_FILES, encoding="utf-8")
    except OSError as error:
        logger.warning("there is no log: %s cannot be written (%s)", path, error.strerror)
        return None
    handler.setFormatter(BlottingFormatter())
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name.startswith("strategy_tester"))
    root.addHandler(handler)
    logging.getLogger("strategy_tester").setLevel(level)
    return path


def stop_log() -> None:
    """Close the log file."""
    root = logging.getLogger()
    for handler in [*root.handlers]:
        if isinstance(handler, RotatingFileHandler) and Path(handler.baseFilename).name == LOG_NAME:
            root.removeHandler(handler)
            handler.close()


def write_crash(error: BaseException, folder: Path | None = None) -> Path | None:
    """Keep the traceback of an unexpected error in a dated file; None when that is impossible."""
    import traceback  # noqa: PLC0415 - needed once, when all is lost

    text = blot("".join(traceback.format_exception(error)))
    path = (folder or log_folder()) / f"crash-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
    except OSError:
        return None
    return path

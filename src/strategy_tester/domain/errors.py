"""Everything the program expects to go wrong, as one tree.

StrategyTesterError            text for the user, plus `hint`: what to do next
├── InputError                 the user can fix it here
│   ├── InvalidParameter       a value outside its bounds: name, value, what is allowed
│   ├── InvalidStrategy        a strategy file with a fault: where it is
│   ├── InvalidDrawing         a drawing that cannot be one: where it is wrong
│   └── InvalidSettings        a settings or layout file that cannot be used
├── DataError
│   ├── UnreadableFile         not a file we can read, or not candles
│   ├── CorruptCandles         impossible rows
│   └── MissingCandles         there are no candles where some are needed
├── StorageError
│   ├── DatabaseLocked         another program has the database open
│   ├── DatabaseDamaged        the file does not open
│   ├── DiskFull               no room left
│   └── SchemaTooNew           the database was made by a newer version of this program
├── ExchangeError              the exchange or the way to it failed
│   ├── ExchangeUnreachable    no answer, or one that is none
│   ├── ExchangeRefused        the exchange said no; its own code
│   └── ExchangeBusy           too many requests: silence until a moment
└── StrategyFailed             user code raised

`JobCancelled` stands outside: it derives from BaseException so that `except Exception` cannot swallow it.
"""


class StrategyTesterError(Exception):
    """An expected failure. `str(error)` is a sentence for the user, `hint` says what to do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(StrategyTesterError):
    """The user can mend it where it was typed."""


class InvalidParameter(InputError):
    """A value outside what its name allows."""

    def __init__(self, name: str, value: object, allowed: str, *, hint: str = "") -> None:
        super().__init__(f"{name}: {value!r} is not allowed; allowed: {allowed}", hint=hint)
        self.name, self.value, self.allowed = name, value, allowed


class InvalidStrategy(InputError):
    """A fault in a strategy; `where` is a path such as `entry_conditions.long[1].indicator`."""

    def __init__(self, where: str, problem: str, *, hint: str = "") -> None:
        super().__init__(f"{where}: {problem}" if where else problem, hint=hint)
        self.where, self.problem = where, problem


class InvalidDrawing(InputError):
    """A fault in the content of a drawing; `where` is a path such as `style.color`."""

    def __init__(self, where: str, problem: str, *, hint: str = "") -> None:
        super().__init__(f"{where}: {problem}" if where else problem, hint=hint)
        self.where, self.problem = where, problem


class InvalidSettings(InputError):
    """A settings or layout file that cannot be used as it is."""


class DataError(StrategyTesterError):
    """The data are not what a backtest needs."""


class UnreadableFile(DataError):
    """Not a file we can read, or not candles."""


class CorruptCandles(DataError):
    """Rows that cannot be a market's; `rows` are the first offending row numbers."""

    def __init__(self, message: str, *, rows: tuple[int, ...] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.rows = rows


class MissingCandles(DataError):
    """No candles where some are needed."""


class StorageError(StrategyTesterError):
    """The database or the journal failed."""


class DatabaseLocked(StorageError):
    """Another program has the database open."""


class DatabaseDamaged(StorageError):
    """The database file does not open."""


class DiskFull(StorageError):
    """No room left on the disk."""


class SchemaTooNew(StorageError):
    """The database was made by a newer version of this program."""


class ExchangeError(StrategyTesterError):
    """The exchange, or the way to it, failed."""


class ExchangeUnreachable(ExchangeError):
    """No answer came, or one that is none: the line, a gateway, a service that starts anew."""


class ExchangeRefused(ExchangeError):
    """The exchange understood and said no; `code` is its own number for the reason."""

    def __init__(self, message: str, *, code: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class ExchangeBusy(ExchangeError):
    """Too many requests; nothing is sent before `wait_s` seconds have passed."""

    def __init__(self, message: str, *, wait_s: float, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.wait_s = wait_s


class StrategyFailed(StrategyTesterError):
    """A strategy's own code raised."""


class JobCancelled(BaseException):
    """The user asked a running job to stop."""

"""What a script learns from the number a command ends with."""

from strategy_tester.domain.errors import DataError, ExchangeError, InputError, StorageError, StrategyTesterError

EXIT_OK, EXIT_FAULT, EXIT_USAGE, EXIT_INPUT, EXIT_DATA, EXIT_STORAGE, EXIT_CANCELLED = 0, 1, 2, 3, 4, 5, 130
EXIT_EXCHANGE = 6
"""The exchange refused or could not be reached, for all or a part of what was asked."""


def exit_code(error: StrategyTesterError) -> int:
    """The exit code of an expected error."""
    if isinstance(error, InputError):
        return EXIT_INPUT
    if isinstance(error, DataError):
        return EXIT_DATA
    if isinstance(error, ExchangeError):
        return EXIT_EXCHANGE
    return EXIT_STORAGE if isinstance(error, StorageError) else EXIT_INPUT

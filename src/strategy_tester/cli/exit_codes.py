"""What a script learns from the number a command ends with."""

from strategy_tester.domain.errors import DataError, InputError, StorageError, StrategyTesterError

EXIT_OK, EXIT_FAULT, EXIT_USAGE, EXIT_INPUT, EXIT_DATA, EXIT_STORAGE, EXIT_CANCELLED = 0, 1, 2, 3, 4, 5, 130


def exit_code(error: StrategyTesterError) -> int:
    """The exit code of an expected error."""
    if isinstance(error, InputError):
        return EXIT_INPUT
    if isinstance(error, DataError):
        return EXIT_DATA
    return EXIT_STORAGE if isinstance(error, StorageError) else EXIT_INPUT

"""Kernels start from the cache without what only compiling needs, and leave numba as other code expects it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

USE = """
import sys
from strategy_tester.numeric.rolling import rolling_mean
import numpy as np
print(rolling_mean(np.array([1.0, 2.0, 6.0]), 2, 0).tolist(), sum(rolling_mean.stats.cache_hits.values()))
print("numba.np.arraymath" in sys.modules)
"""

USE_AND_COMPILE = """
import numba
import numpy as np
from strategy_tester.numeric.jit import kernel
from strategy_tester.numeric.rolling import rolling_mean

rolling_mean(np.ones(3), 2, 0)

@numba.njit
def spread_of_means(values):
    return np.std(rolling_mean(values, 2, 1)[2:])

print(spread_of_means(np.array([9.0, 1.0, 3.0, 5.0])), numba.config.CACHE_DIR)
"""


def start(code: str, cache: Path) -> list[str]:
    """The lines a new process prints; its kernels are kept in `cache`."""
    environment = os.environ | {"BST_CACHE_DIR": str(cache), "NUMBA_CACHE_DIR": "the-user's-own"}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def warm_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    assert start(USE, folder) == ["[nan, 1.5, 4.0] 0", "True"]
    return folder


def test_a_kernel_from_the_cache_runs_without_loading_the_compiler_s_library(warm_cache: Path) -> None:
    assert start(USE, warm_cache) == ["[nan, 1.5, 4.0] 1", "False"]


def test_code_compiled_later_may_call_a_kernel_from_the_cache_and_everything_numba_knows(warm_cache: Path) -> None:
    assert start(USE_AND_COMPILE, warm_cache) == ["1.0 the-user's-own"]

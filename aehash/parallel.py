"""Work spread over threads: how many there are, and who does which part."""

import itertools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache
from typing import TypeVar

import numpy as np

from aehash.errors import UsageError

T = TypeVar("T")


def cores() -> int:
    """Count the cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_threads(threads: int | None) -> int:
    """Choose how many threads to use.

    Args:
        threads: How many are wanted; None: one for each core.

    Returns:
        The number, from 1 on.

    Raises:
        UsageError: It is not a whole number from 1 to the cores there are.
    """
    most = cores()
    if threads is None:
        return most
    if isinstance(threads, bool) or not isinstance(threads, int | np.integer) or threads < 1:
        raise UsageError(f"threads must be a whole number from 1 on, not {threads!r}.")
    if threads > most:
        raise UsageError(
            f"threads is {threads}, and this process may use {most} "
            f"core{'s' if most > 1 else ''}: leave it out to use them all."
        )
    return int(threads)


def split(count: int, parts: int, multiple: int = 1) -> list[slice]:
    """Cut a range into even parts.

    Args:
        count: The range's length.
        parts: How many parts there are at most.
        multiple: Every part but the last is a multiple of this long.

    Returns:
        Slices, in order, none of them empty.
    """
    units = -(-count // multiple)
    parts = max(1, min(parts, units))
    edges = [min(count, units * part // parts * multiple) for part in range(parts + 1)]
    return [slice(a, b) for a, b in itertools.pairwise(edges) if b > a]


@lru_cache(maxsize=8)
def _pool(threads: int) -> ThreadPoolExecutor:
    """Keep a pool: to start one costs as much as a search of some 100,000 codes."""
    return ThreadPoolExecutor(threads, thread_name_prefix="aehash")


if hasattr(os, "register_at_fork"):  # a forked process has the pools, and none of their threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


def run(function: Callable[[slice], T], parts: Sequence[slice]) -> list[T]:
    """Call a function for every part, each in a thread of its own.

    Args:
        function: Does the work of one part; gains from threads where it releases the GIL. It
            does not call `run` with several parts itself.
        parts: The parts; the first is done in this thread.

    Returns:
        What the calls returned, in the parts' order.
    """
    if len(parts) <= 1:
        return [function(part) for part in parts]
    try:
        others = [_pool(cores()).submit(function, part) for part in parts[1:]]
    except RuntimeError:  # the interpreter is about to end, and starts no more threads
        return [function(part) for part in parts]
    try:
        first = function(parts[0])
    finally:
        wait(others)
    return [first, *(other.result() for other in others)]

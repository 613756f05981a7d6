"""Work done ahead on threads, in order, and the list of what could not be read."""

from __future__ import annotations

import collections
import csv
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from aehash.files import atomic_file

Skipped = tuple[str, str]
T = TypeVar("T")


def prefetch(
    function: Callable[[Any], T], indices: int | Iterable[Any], workers: int = 1
) -> Generator[T, None, None]:
    """Call a function ahead on threads, and yield its results in order.

    At most ``workers + 1`` results are in memory beside the one in use.

    Args:
        function: Such as ``source.readable``.
        indices: What to call it with; a count n means 0…n−1.
        workers: Threads.

    Yields:
        The results, in the order of the indices.
    """
    todo = iter(range(indices) if isinstance(indices, int) else indices)
    running: collections.deque[Future[T]] = collections.deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="aehash-batch")
    try:
        for index in todo:
            running.append(pool.submit(function, index))
            if len(running) > workers:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def write_skipped(path: Path, skipped: Iterable[Skipped]) -> None:
    """Write a list of unreadable images as CSV with the columns ``key`` and ``reason``.

    Args:
        path: The file to make or replace.
        skipped: Such as ``source.skipped``.
    """
    with atomic_file(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("key", "reason"))
        writer.writerows(skipped)

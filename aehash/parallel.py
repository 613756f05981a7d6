"""Work spread over threads: how many there are, and who does which part."""

import itertools
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

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
    if parts <= 1:
        return [slice(0, count)] if count else []
    units = -(-count // multiple)
    parts = max(1, min(parts, units))
    edges = [min(count, units * part // parts * multiple) for part in range(parts + 1)]
    return [slice(a, b) for a, b in itertools.pairwise(edges) if b > a]


class _Job(Generic[T]):
    """Parts of some work, each done by whichever thread takes it first."""

    def __init__(self, function: Callable[[slice], T], parts: Sequence[slice]) -> None:
        self._function = function
        self._parts = parts
        self._next = iter(range(len(parts)))  # taken from by one thread at a time, by itself
        self._results: list[Any] = [None] * len(parts)
        self._errors: list[BaseException | None] = [None] * len(parts)
        self._busy = [threading.Lock() for _ in parts]
        for lock in self._busy:
            lock.acquire()

    def work(self) -> None:
        """Do parts until none is left."""
        for number in self._next:
            try:
                self._results[number] = self._function(self._parts[number])
            except BaseException as error:  # raised where the result is wanted
                self._errors[number] = error
                for other in self._next:
                    self._busy[other].release()
            finally:
                self._busy[number].release()

    def results(self) -> list[T]:
        """Wait for all parts, and give what came of them."""
        for lock in self._busy:
            lock.acquire()
        for error in self._errors:
            if error is not None:
                raise error
        del self._function  # of the work nothing is kept by a thread that comes late
        return self._results


class _Pool:
    """Threads that stay: to start one costs as much as a search of some 100,000 codes."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job[Any]] = SimpleQueue()
        self._lock = threading.Lock()
        self._started = 0

    def offer(self, job: _Job[Any], threads: int) -> None:
        """Ask so many threads to help with a job."""
        if self._started < threads:
            self._start(threads)
        for _ in range(threads):
            self._jobs.put(job)

    def _start(self, threads: int) -> None:
        with self._lock:
            while self._started < threads:
                name = f"aehash_{self._started}"
                threading.Thread(target=self._serve, name=name, daemon=True).start()
                self._started += 1

    def _serve(self) -> None:
        while True:
            job = self._jobs.get()
            job.work()
            del job  # nothing of it is kept until the next one comes


_pool = _Pool()


def _forget_pool() -> None:
    global _pool
    _pool = _Pool()


if hasattr(os, "register_at_fork"):  # a forked process has the pool, and none of its threads
    os.register_at_fork(after_in_child=_forget_pool)


def run(function: Callable[[slice], T], parts: Sequence[slice]) -> list[T]:
    """Call a function for every part, in this thread and in others that are free.

    No part waits for a thread: what none has begun, this thread does.

    Args:
        function: Does the work of one part; gains from threads where it releases the GIL.
        parts: The parts.

    Returns:
        What the calls returned, in the parts' order.
    """
    if len(parts) <= 1:
        return [function(part) for part in parts]
    job = _Job(function, parts)
    with suppress(RuntimeError):  # the interpreter is about to end, and starts no more threads
        _pool.offer(job, min(len(parts), cores()) - 1)
    job.work()
    return job.results()

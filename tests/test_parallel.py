"""Work is shared out among threads, whole and in order, whatever happens to a part of it."""

import os
import threading
import time

import pytest

from aehash import parallel
from aehash.errors import UsageError


@pytest.fixture
def many_cores(monkeypatch):
    monkeypatch.setattr(parallel, "cores", lambda: 4)


def sums(count, parts):
    """Add up a range by parts."""
    return parallel.run(
        lambda part: sum(range(part.start, part.stop)), parallel.split(count, parts)
    )


@pytest.mark.parametrize("parts", [1, 2, 4, 9, 200])
def test_every_part_is_done_once_and_in_order(many_cores, parts):
    done = parallel.run(lambda part: part, parallel.split(100, parts))
    assert done == parallel.split(100, parts)
    assert sum(sums(1000, parts)) == sum(range(1000))


def test_no_parts():
    assert parallel.run(lambda part: part, []) == []


def test_other_threads_help(many_cores):
    both = threading.Barrier(2, timeout=10)
    assert len(parallel.run(lambda part: both.wait(), parallel.split(2, 2))) == 2


def test_what_no_thread_is_free_for_is_done_here(many_cores):
    """Parts of parts, more than there are threads, do not wait for each other."""
    found = parallel.run(lambda part: sum(sums(1000, 4)), parallel.split(40, 40))
    assert found == [sum(range(1000))] * 40


def test_many_callers_at_once(many_cores):
    wrong = []

    def call():
        for _ in range(50):
            if sum(sums(1000, 3)) != sum(range(1000)):
                wrong.append(1)

    callers = [threading.Thread(target=call) for _ in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert not wrong


@pytest.mark.parametrize("bad", range(4))
def test_an_error_is_raised_when_no_part_is_at_work(many_cores, bad):
    at_work = set()

    def work(part):
        at_work.add(part.start)
        try:
            if part.start == bad:
                raise ValueError(f"part {bad}")
            time.sleep(0.01)
        finally:
            at_work.discard(part.start)

    with pytest.raises(ValueError, match=f"part {bad}"):
        parallel.run(work, parallel.split(4, 4))
    assert not at_work
    assert sum(sums(100, 4)) == sum(range(100))


def test_a_thread_that_cannot_be_started_is_not_missed(many_cores, monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(parallel, "_pool", parallel._Pool())
    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert sum(sums(100, 4)) == sum(range(100))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own(many_cores):
    sums(100, 4)
    child = os.fork()
    if not child:
        both = threading.Barrier(2, timeout=10)
        done = len(parallel.run(lambda part: both.wait(), parallel.split(2, 2))) == 2
        os._exit(0 if done else 1)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("threads", [0, -1, True, 1.5, "2", 10_000])
def test_threads_that_there_are_not(threads):
    with pytest.raises(UsageError, match="threads"):
        parallel.check_threads(threads)


def test_parts_are_multiples():
    assert parallel.split(10, 3, 4) == [slice(0, 4), slice(4, 8), slice(8, 10)]
    assert parallel.split(0, 3) == []

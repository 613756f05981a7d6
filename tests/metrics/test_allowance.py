"""What NumPy does before a kernel is loaded."""

import pytest

from aehash.metrics.allowance import Allowance


@pytest.fixture(autouse=True)
def unnamed(monkeypatch):
    monkeypatch.delenv("AEHASH_KERNELS", raising=False)


def test_small_work_is_covered_until_it_adds_up():
    first = Allowance(10)
    assert [first.covers(work) for work in (4, 6, 1)] == [True, True, False]


def test_a_large_piece_ends_it():
    first = Allowance(10)
    assert [first.covers(work) for work in (4, 7, 1)] == [True, False, False]


@pytest.mark.parametrize("name", ["numba", "numpy"])
def test_kernels_asked_for_by_name_are_not_put_off(monkeypatch, name):
    monkeypatch.setenv("AEHASH_KERNELS", name)
    assert not Allowance(10).covers(1)

"""Marks are kept, and contradictions and unknown rows are refused in a sentence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.feedback import Marks

ROWS = st.lists(st.integers(0, 29), max_size=8)


@given(good=ROWS, bad=ROWS, more=ROWS)
def test_marks_are_kept_distinct_and_sorted(good, bad, more):
    bad = [row for row in bad if row not in good]
    more = [row for row in more if row not in bad]
    first = Marks().added(good, bad, 30)
    second = first.added(more, [], 30)
    assert second.relevant.tolist() == sorted({*good, *more})
    assert second.irrelevant.tolist() == sorted(set(bad))
    assert len(second) == len({*good, *more}) + len(set(bad))
    assert second.added(good, bad, 30) == second


@given(good=ROWS, bad=ROWS)
def test_a_row_marked_both_ways_is_refused_now_and_later(good, bad):
    both = set(good) & set(bad)
    if both:
        with pytest.raises(UsageError, match=f"Row {min(both)} is marked both"):
            Marks().added(good, bad, 30)
        with pytest.raises(UsageError, match=f"Row {min(both)} .* take that mark back"):
            Marks().added(good, [], 30).added([], bad, 30)
    else:
        assert Marks().added(good, [], 30).added([], bad, 30) == Marks().added(good, bad, 30)


def test_a_mark_can_be_taken_back():
    marks = Marks().added([3, 5], [7], 30)
    assert marks.without([5, 7], 30) == Marks().added([3], [], 30)
    with pytest.raises(UsageError, match="Row 9 is marked not at all"):
        marks.without([9], 30)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([30], "There is no row 30: the database has 30"),
        ([-1], "There is no row -1"),
        ([1.5], "must be a list of row numbers"),
        ([True], "must be a list of row numbers"),
        ("3", "must be a list of row numbers"),
        (3, "must be a list of row numbers"),
        ([4], "Row 4 is the query itself"),
    ],
)
def test_unknown_rows_are_refused(rows, sentence):
    with pytest.raises(UsageError, match=sentence):
        Marks().added(rows, [], 30, own=4)


def test_arrays_of_any_whole_type_are_rows():
    assert Marks().added(np.array([2, 1], np.uint8), (), 30) == Marks().added([1, 2], [], 30)

"""A session keeps its marks, and pages through what nobody marked."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.feedback import METHODS, FeedbackSession, Marks, Table, rank


def features(n=80, d=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 99),
    method=st.sampled_from(list(METHODS.values())),
    pages=st.lists(st.lists(st.booleans(), min_size=1, max_size=6), min_size=1, max_size=4),
)
def test_marks_stay_through_the_rounds_and_a_positive_is_never_below_a_negative(
    seed, method, pages
):
    rows = features(seed=seed)
    session = FeedbackSession(rows[0], rows, method=method, seed=seed, own=0)
    good, bad = set(), set()
    for number, page in enumerate(pages, 1):
        shown = session.page(len(page)).rows.tolist()
        assert not {*shown} & {0, *good, *bad}
        new = [row for row, relevant in zip(shown, page, strict=True) if relevant]
        good, bad = good | {*new}, bad | ({*shown} - {*new})
        session.mark(new, sorted({*shown} - {*new}))
        order = session.refine().rows.tolist()
        assert session.round == number
        assert set(session.marks.relevant.tolist()) == good
        assert set(session.marks.irrelevant.tolist()) == bad
        if method.pins and good and bad:
            assert max(map(order.index, good)) < min(map(order.index, bad))
        again = rank(session.table, rows[0], session.marks, method, seed, own=0)
        assert again.rows.tolist() == order
        assert session.page(5, marked=True).rows.tolist() == order[:5]


def test_a_session_goes_on_from_earlier_marks():
    rows = features()
    one = FeedbackSession(rows[0] + 1, rows)
    one.mark([3, 4], [9])
    one.refine()
    other = FeedbackSession(rows[0] + 1, rows, marks=Marks().added([4, 3], [9], 80), round=1)
    assert other.ranking().rows.tolist() == one.ranking().rows.tolist()
    other.unmark([9])
    other.refine()
    assert other.round == 2
    assert len(other.marks) == 2


def test_a_refused_mark_leaves_the_marks_as_they_were():
    session = FeedbackSession(features()[0], features())
    session.mark([1, 2])
    for relevant, irrelevant in (([5], [2]), ([500], []), ([7], [7])):
        with pytest.raises(UsageError):
            session.mark(relevant, irrelevant)
    assert session.marks == Marks().added([1, 2], [], 80)


def test_sessions_on_codes():
    packed = np.random.default_rng(0).integers(0, 256, (60, 3)).astype(np.uint8)
    session = FeedbackSession.of_codes(packed[7], packed, 24, own=7)
    near = np.unpackbits(packed ^ packed[7], axis=1).sum(axis=1)
    assert 7 not in session.ranking().rows
    assert (np.diff(near[session.ranking().rows]) >= 0).all()
    session.mark([1], [2])
    assert session.refine().rows[0] == 1


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: FeedbackSession(None, features()), "The query has no features"),
        (lambda: FeedbackSession(np.zeros(5), features()), "must come from the same model"),
        (lambda: FeedbackSession(np.full(6, np.nan), features()), "holds NaN"),
        (lambda: FeedbackSession(np.zeros(6), features(), own=80), "There is no row 80"),
        (lambda: FeedbackSession(np.zeros(6), features(), seed=-1), "seed must be"),
        (lambda: FeedbackSession(np.zeros(6), features()).refine(), "Nothing is marked"),
        (lambda: FeedbackSession(np.zeros(6), features()).page(0), "k must be at least 1"),
        (lambda: Table.of_book(book(), "features"), "The codebook keeps no features"),
        (lambda: Table.of_book(book(), "feature"), "Did you mean 'features'"),
        (lambda: Table.of_features(features()).code(np.zeros(1, "u1")), "needs features"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(make, sentence):
    with pytest.raises(AehashError, match=sentence):
        make()


def book():
    return Codebook.from_arrays(np.eye(8, dtype=np.uint8))


def test_to_import_feedback_starts_neither_scikit_learn_nor_keras():
    code = (
        "import sys, aehash.feedback; "
        "sys.exit(bool({'keras', 'tensorflow', 'sklearn', 'numba'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0

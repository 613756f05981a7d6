"""The one-pass counts against slow, obvious twins, with both kernels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.index.words import word_distances, words
from aehash.metrics.allowance import Allowance
from aehash.metrics.gains import Ideal, worths
from aehash.metrics.grades import Grades
from aehash.metrics.histogram import histograms
from aehash.metrics.ranked import levels_by_distance

KERNELS = ["numba", "numpy"]
RULES = ["any", "all", "exact"]


def draw(generator, n, bits, classes, share):
    """Codes of few patterns, so that there are ties, and labels of either kind."""
    patterns = generator.random((5, bits)) < 0.5
    codes = patterns[generator.integers(0, 5, n)] ^ (generator.random((n, bits)) < share)
    if not classes:
        return codes, generator.integers(-1, 3, n)
    return codes, (generator.random((n, classes)) < share).astype(np.uint8)


def slow_level(query, item, rule):
    if query.ndim == 0:
        return int(query == item)
    shared = int((query & item).sum())
    return shared + (rule == "exact" and bool((query == item).all()))


def slow_least(query, rule):
    if query.ndim == 0:
        return 1 if query >= 0 or rule == "exact" else 2
    size = int(query.sum())
    return {"any": 1, "all": max(1, size), "exact": size + 1}[rule]


cases = given(
    seed=st.integers(0, 2**32),
    sizes=st.tuples(st.integers(1, 40), st.integers(1, 70)),
    bits=st.sampled_from([1, 7, 8, 16, 31, 64, 65, 96, 128, 200]),
    classes=st.sampled_from([0, 1, 5, 64, 65, 130]),
    rule=st.sampled_from(RULES),
    share=st.sampled_from([0.0, 0.03, 0.4]),
    kernel=st.sampled_from(KERNELS),
)


@settings(max_examples=120)
@cases
def test_counts_equal_a_table_counted_pair_by_pair(seed, sizes, bits, classes, rule, share, kernel):
    generator = np.random.default_rng(seed)
    (asked, wanted), (codes, labels) = (draw(generator, n, bits, classes, share) for n in sizes)
    grades = Grades.from_labels(wanted, labels, rule)
    own = generator.integers(-1, sizes[1], sizes[0])
    gains = worths(max(1, classes), "linear")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AEHASH_KERNELS", kernel)
        packed = (words(np.packbits(each, axis=1)) for each in (asked, codes))
        found = histograms(*packed, bits, grades, own, gains)
    table = grades.table()
    for query in range(sizes[0]):
        items, relevant, shared, both = (np.zeros(bits + 1, int) for _ in range(4))
        levels = np.zeros(found.by_level.shape[1], int)
        least = slow_least(wanted[query], rule)
        for row in range(sizes[1]):
            level = slow_level(wanted[query], labels[row], rule)
            assert table[query, row] == level
            assert grades.of_items(query, np.array([row]))[0] == level
            if row == own[query]:
                continue
            distance = int((asked[query] != codes[row]).sum())
            gain = min(level, int(grades.sizes[query]))
            items[distance] += 1
            shared[distance] += gain
            levels[level] += 1
            relevant[distance] += level >= least
            both[distance] += gain * (level >= least)
        assert found.items[query].tolist() == items.tolist()
        assert found.relevant[query].tolist() == relevant.tolist()
        assert found.shared[query].tolist() == shared.tolist()
        assert found.both[query].tolist() == both.tolist()
        assert found.gain[query].tolist() == shared.tolist()
        assert found.by_level[query].tolist() == levels.tolist()


@settings(max_examples=80)
@cases
def test_database_order_equals_a_stable_argsort(seed, sizes, bits, classes, rule, share, kernel):
    generator = np.random.default_rng(seed)
    (asked, wanted), (codes, labels) = (draw(generator, n, bits, classes, share) for n in sizes)
    grades = Grades.from_labels(wanted, labels, rule)
    own = generator.integers(-1, sizes[1], sizes[0])
    queries, database = (words(np.packbits(each, axis=1)) for each in (asked, codes))
    width = int(generator.integers(1, sizes[1] + 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AEHASH_KERNELS", kernel)
        counts = histograms(queries, database, bits, grades, own, worths(130, "linear"))
        found = levels_by_distance(queries, database, counts.items, grades, own, width)
    distances, table = word_distances(queries, database), grades.table()
    for query in range(sizes[0]):
        order = np.argsort(distances[query], kind="stable")
        order = order[order != own[query]][:width]
        expected = np.zeros(width, int)
        expected[: len(order)] = table[query, order]
        assert found[query].tolist() == expected.tolist()


@pytest.mark.parametrize("kernel", KERNELS)
def test_blocks_and_groups_of_queries_do_not_show(kernel, monkeypatch):
    """More items than a block, more queries than a group, more counts than are held at once."""
    monkeypatch.setenv("AEHASH_KERNELS", kernel)
    generator = np.random.default_rng(0)
    (asked, wanted), (codes, labels) = (draw(generator, n, 64, 9, 0.2) for n in (70, 5000))
    grades = Grades.from_labels(wanted, labels, "any")
    queries, database = (words(np.packbits(each, axis=1)) for each in (asked, codes))
    own = np.full(70, -1)
    for limit in (1 << 22, 1 << 11):
        monkeypatch.setattr("aehash.metrics.histogram._CELLS", limit)
        found = histograms(queries, database, 64, grades, own, worths(9, "linear"))
        for query in (0, 31, 32, 69):
            distance = (asked[query] != codes).sum(axis=1)
            shared = (wanted[query] & labels).sum(axis=1)
            assert found.items[query].tolist() == np.bincount(distance, minlength=65).tolist()
            sums = np.bincount(distance, shared, minlength=65)
            assert found.shared[query].tolist() == sums.tolist()


def test_the_first_small_counts_are_numpys_and_all_later_ones_the_kernels(monkeypatch):
    monkeypatch.delenv("AEHASH_KERNELS", raising=False)
    monkeypatch.setattr("aehash.metrics.histogram._FIRST", Allowance(300))
    monkeypatch.setattr("aehash.metrics.histogram.kernels", lambda: "numba")
    used = []
    for name in ("numba", "numpy"):
        monkeypatch.setattr(
            f"aehash.metrics.histogram._add_{name}", lambda *_, name=name: used.append(name)
        )
    grades = Grades.from_labels(np.arange(4), np.arange(30), "any")
    queries, database = np.zeros((1, 4), np.uint64), np.zeros((1, 30), np.uint64)
    for _ in range(4):
        histograms(queries, database, 8, grades, np.full(4, -1), worths(1, "linear"))
    assert used == ["numpy", "numpy", "numba", "numba"]


def test_gains_that_no_float_adds_exactly_are_the_kernels(monkeypatch):
    """Their sums depend on the order, which must not change from one call to the next."""
    monkeypatch.delenv("AEHASH_KERNELS", raising=False)
    monkeypatch.setattr("aehash.metrics.histogram.kernels", lambda: "numba")
    used = []
    monkeypatch.setattr("aehash.metrics.histogram._add_numba", lambda *_: used.append("numba"))
    grades = Grades.from_labels(np.arange(4), np.arange(30), "any")
    words_of = np.zeros((1, 4), np.uint64), np.zeros((1, 30), np.uint64)
    histograms(*words_of, 8, grades, np.full(4, -1), np.array([0, 2.0**60]))
    assert used == ["numba"]


def test_the_ideal_is_the_whole_database_sorted_by_gain():
    ideal = Ideal.from_levels(np.array([[4, 2, 1]]), np.array([2]), worths(2, "exponential"))
    discounts = 1 / np.log2(np.arange(2, 9))
    gains = np.array([3, 1, 1, 0, 0, 0, 0])
    found = ideal.discounted(np.array([[0, 1, 2, 3, 7]]))
    expected = [(gains * discounts)[:k].sum() for k in (0, 1, 2, 3, 7)]
    assert found[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([0.5, 1.0]), "has the label 0.5 in row 0"),
        (np.array([[0, np.nan], [1, 0]]), "in row 0: labels are whole class numbers"),
        (np.array([np.nan, 1]), "has the label nan in row 0"),
        (np.array([[1], [0, 1]], dtype=object), "type object and shape .2,.*same length"),
        (np.zeros((2, 2, 2)), r"\(2, 2, 2\).*\(n, classes\) multi-hot"),
        (np.array([[0, 2], [1, 0]]), r"has the label \[0 2\] in row 0.*0 and 1 by class"),
        (np.array([1, 2**63], np.uint64), "has the class number 9223372036854775808.*from 0"),
        (np.array([1, 2.0**63]), "has the class number 9.2.*from 0"),
        (None, "has no labels"),
    ],
)
def test_what_is_not_a_label_is_refused(labels, message):
    with pytest.raises(UsageError, match=f"The database has.*{message}|The database {message}"):
        Grades.from_labels(np.array([0, 1]), labels, "any")

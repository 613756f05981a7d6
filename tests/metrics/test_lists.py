"""Closed forms for tied groups, exactly in fractions, and both kernels against each other."""

from fractions import Fraction
from itertools import permutations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.metrics.lists import Gains, OrderedLists, TiedLists
from aehash.metrics.ties import discounts, expected_total, step_of, total_over_hits

GROUP = st.lists(
    st.tuples(st.booleans(), st.integers(0, 3)).map(lambda item: (item[0], item[1])),
    min_size=1,
    max_size=5,
)


def closed(n, r, shared, both, s, carried, m):
    """The formula of `aehash.metrics.ties` in fractions."""
    step = sum((Fraction(1, s + t) for t in range(1, m + 1)), Fraction(0))
    pair = Fraction(r * shared - both) / (n * (n - 1)) if n > 1 else Fraction(0)
    return (Fraction(r * carried + both) / n - pair * (s + 1)) * step + pair * m


def walk(order, s, carried, m):
    """Σ rel(t) · (labels shared up to t) / (s + t), and the hits, of one order."""
    total, hits = Fraction(0), 0
    for t, (relevant, gain) in enumerate(order[:m], 1):
        carried += gain
        hits += relevant
        total += Fraction(relevant * carried, s + t)
    return total, hits


def sums(group):
    shared, both = sum(gain for _, gain in group), sum(gain for mark, gain in group if mark)
    return len(group), sum(mark for mark, _ in group), shared, both


@settings(max_examples=150)
@given(GROUP, st.integers(0, 4), st.integers(0, 5), st.data())
def test_the_weighted_closed_form_is_the_mean_over_all_orders_exactly(group, s, carried, data):
    """Whatever is relevant and whatever is shared: relevance need not follow from the gain."""
    m = data.draw(st.integers(1, len(group)))
    orders = list(permutations(group))
    mean = sum(walk(order, s, carried, m)[0] for order in orders) / len(orders)
    n, r, shared, both = sums(group)
    assert closed(n, r, shared, both, s, carried, m) == mean
    arrays = (np.array([x]) for x in (n, r, shared, both, s, carried, m))
    assert expected_total(*arrays)[0] == pytest.approx(float(mean), rel=1e-13, abs=1e-15)


@settings(max_examples=150)
@given(GROUP, st.integers(0, 4), st.integers(0, 5), st.data())
def test_plain_ap_is_the_weighted_one_with_gains_of_one_exactly(group, s, before, data):
    m = data.draw(st.integers(1, len(group)))
    plain = [(mark, int(mark)) for mark, _ in group]
    orders = list(permutations(plain))
    mean = sum(walk(order, s, before, m)[0] for order in orders) / len(orders)
    n, r, *_ = sums(plain)
    assert closed(n, r, r, r, s, before, m) == mean


@settings(max_examples=100)
@given(GROUP, st.integers(0, 3), st.integers(0, 3), st.integers(0, 5), st.data())
def test_the_mean_over_hits_is_exact_given_the_hits(group, s, before, carried, data):
    """The hypergeometric sum in fractions equals the mean of the ratio over all orders."""
    m = data.draw(st.integers(1, len(group)))
    earlier = Fraction(data.draw(st.integers(0, 6)), 2) if before else Fraction(0)
    walks = [walk(order, s, carried, m) for order in permutations(group)]
    ratios = [(earlier + total) / (before + hits) if before + hits else 0 for total, hits in walks]
    mean = sum(ratios, Fraction(0)) / len(walks)
    n, r, shared, both = sums(group)
    known = Fraction(both, r) if r else Fraction(0)
    other = Fraction(shared - both, n - r) if n > r else Fraction(0)
    exact = Fraction(0)
    for h in range(max(0, m - (n - r)), min(m, r) + 1):
        weight = Fraction(comb(r, h) * comb(n - r, m - h), comb(n, m))
        given_h = closed(m, h, h * known + (m - h) * other, h * known, s, carried, m)
        exact += weight * (earlier + given_h) / (before + h) if before + h else 0
    assert exact == mean
    arrays = [np.array([x]) for x in (n, r, s, before, m)]
    labels = tuple(np.array([x]) for x in (shared, both, carried))
    found = total_over_hits(*arrays, np.array([float(earlier)]), labels)[0]
    assert found == pytest.approx(float(mean), rel=1e-12, abs=1e-14)


def random_groups(generator, queries, groups, most):
    items = generator.integers(0, most, (queries, groups)) * (generator.random(groups) < 0.8)
    relevant = generator.binomial(items, generator.random((queries, groups)))
    both = relevant * generator.integers(1, 4, (queries, groups))
    shared = both + (items - relevant) * generator.integers(0, 2, (queries, groups))
    gain = shared * generator.random((queries, groups))
    return items, relevant, Gains(shared, both, gain)


@settings(max_examples=60)
@given(
    st.integers(0, 2**32),
    st.integers(1, 6),
    st.integers(1, 12),
    st.sampled_from([2, 20, 3000]),
    st.booleans(),
)
def test_both_kernels_cut_tied_lists_alike(seed, queries, groups, most, graded):
    generator = np.random.default_rng(seed)
    items, relevant, gains = random_groups(generator, queries, groups, most)
    lists = TiedLists.from_groups(items, relevant, "expected", gains if graded else None)
    longest = int(items.sum(axis=1).max())
    lengths = generator.integers(0, longest + 2, (queries, 4))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AEHASH_KERNELS", "numpy")
        slow = lists.cut(lengths)
        patch.setenv("AEHASH_KERNELS", "numba")
        fast = lists.cut(lengths)
    assert (fast.graded is None) == (slow.graded is None) == (not graded)
    for name in ("total", "hits", "over_hits"):
        np.testing.assert_allclose(getattr(fast, name), getattr(slow, name), 1e-11, 1e-13)
    for name in ("weighted", "weighted_over_hits", "discounted") if graded else ():
        one, other = getattr(fast.graded, name), getattr(slow.graded, name)
        np.testing.assert_allclose(one, other, 1e-11, 1e-13)


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(1, 60))
def test_both_kernels_cut_ordered_lists_to_the_same_bits(seed, queries, count):
    generator = np.random.default_rng(seed)
    sizes = generator.integers(0, 4, queries)
    levels = generator.integers(0, sizes[:, None] + 1, (queries, count)).astype(np.uint32)
    lists = OrderedLists(levels, np.maximum(sizes, 1), sizes, np.array([0, 1, 3.0, 7]))
    lengths = generator.integers(0, count + 3, (queries, 5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AEHASH_KERNELS", "numpy")
        slow = lists.cut(lengths)
        patch.setenv("AEHASH_KERNELS", "numba")
        fast = lists.cut(lengths)
    for name in ("total", "hits", "over_hits"):
        assert np.array_equal(getattr(fast, name), getattr(slow, name))
    for name in ("weighted", "weighted_over_hits", "discounted"):
        assert np.array_equal(getattr(fast.graded, name), getattr(slow.graded, name))


def test_sums_keep_their_digits_far_down_the_list():
    start, length = np.array([900_000, 0, 7]), np.array([1, 3, 900_000])
    ranks = [
        np.arange(s + 1, s + m + 1, dtype=np.longdouble) for s, m in zip(start, length, strict=True)
    ]
    harmonic = [float((1 / rank).sum()) for rank in ranks]
    discounted = [float((1 / np.log2(rank + 1)).sum()) for rank in ranks]
    assert step_of("harmonic", start, length) == pytest.approx(harmonic, rel=1e-14)
    assert step_of("discount", start, length) == pytest.approx(discounted, rel=1e-14)
    assert discounts(3) == pytest.approx([1, 1 / np.log2(3), 0.5])

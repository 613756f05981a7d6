from fractions import Fraction
from itertools import chain, combinations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.metrics.average_precision import PER, score
from aehash.metrics.chance import chance_lists
from aehash.metrics.lists import OrderedLists, TiedLists
from aehash.metrics.ties import harmonic_step, total_over_hits

GROUPS = st.lists(
    st.integers(0, 4).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    min_size=1,
    max_size=3,
)


def slow(order, k, retrieved, relevant):
    """Judge one order of one list in fractions, straight from the definitions."""
    found, total = 0, Fraction(0)
    for rank, mark in enumerate(order[: min(k, retrieved)], 1):
        if mark:
            found += 1
            total += Fraction(found, rank)
    divisors = {"min_k": min(k, relevant), "hits": found, "relevant": relevant}
    scores = {
        f"map@{k}/{per}": total / divisor if divisor else Fraction(0)
        for per, divisor in divisors.items()
    }
    scores[f"precision@{k}"] = Fraction(found, k)
    scores[f"recall@{k}"] = Fraction(found, relevant) if relevant else Fraction(0)
    return scores


def orders(groups):
    """All equally likely orders of groups of tied items."""
    parts = [
        [[int(place in places) for place in range(n)] for places in combinations(range(n), r)]
        for n, r in groups
    ]
    return [list(chain(*choice)) for choice in product(*parts)]


def fast(lists, k, retrieved, relevant):
    found = score(lists, np.array([relevant]), np.array([retrieved]), [k])
    return {name: values[0] for name, values in found.items()}


@settings(max_examples=120)
@given(GROUPS, st.integers(1, 18), st.integers(0, 18), st.integers(0, 3))
def test_the_closed_form_is_the_mean_over_all_orders(groups, k, most, outside):
    items = np.array([groups])
    retrieved = min(most, int(items[..., 0].sum()))
    relevant = int(items[..., 1].sum()) + outside
    every = [slow(order, k, retrieved, relevant) for order in orders(groups)]
    found = fast(TiedLists.from_groups(items[..., 0], items[..., 1]), k, retrieved, relevant)
    assert found.keys() == every[0].keys()
    for name, value in found.items():
        mean = sum(each[name] for each in every) / len(every)
        assert value == pytest.approx(float(mean), rel=1e-12, abs=1e-14)


@settings(max_examples=60)
@given(GROUPS, st.integers(1, 18))
def test_the_bounds_are_the_best_and_the_worst_order(groups, k):
    items = np.array([groups])
    retrieved, relevant = int(items[..., 0].sum()), int(items[..., 1].sum())
    every = [slow(order, k, retrieved, relevant) for order in orders(groups)]
    for extreme, choose in (("optimistic", max), ("pessimistic", min)):
        lists = TiedLists.from_groups(items[..., 0], items[..., 1], extreme)
        found = fast(lists, k, retrieved, relevant)
        for name in found.keys() - {f"map@{k}/hits"}:
            bound = choose(each[name] for each in every)
            assert found[name] == pytest.approx(float(bound), rel=1e-12, abs=1e-14)


@settings(max_examples=60)
@given(st.lists(st.booleans(), min_size=1, max_size=20), st.integers(1, 25), st.integers(0, 4))
def test_a_fixed_order_in_fractions_and_as_groups_of_one(marks, k, outside):
    relevant = sum(marks) + outside
    table = np.array([marks])
    ordered = fast(OrderedLists.from_relevance(table), k, len(marks), relevant)
    single = fast(TiedLists.from_groups(np.ones_like(table, int), table), k, len(marks), relevant)
    for name, value in slow(marks, k, len(marks), relevant).items():
        assert ordered[name] == pytest.approx(float(value), rel=1e-13)
        assert single[name] == pytest.approx(float(value), rel=1e-13)


def test_a_case_worked_by_hand():
    lists = OrderedLists.from_relevance(np.array([[True, False, True, False, False]]))
    found = fast(lists, 4, 5, 3)
    assert found["map@4/min_k"] == pytest.approx((1 / 1 + 2 / 3) / 3)
    assert found["map@4/hits"] == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert found["map@4/relevant"] == pytest.approx((1 / 1 + 2 / 3) / 3)
    assert found["precision@4"] == 2 / 4
    assert found["recall@4"] == 2 / 3


def test_two_tied_items_worked_by_hand():
    lists = TiedLists.from_groups(np.array([[2]]), np.array([[1]]))
    assert fast(lists, 1, 2, 1)["map@1/min_k"] == 0.5
    assert fast(lists, 2, 2, 1)["map@2/min_k"] == 0.75
    assert fast(lists, 2, 2, 1)["map@2/hits"] == 0.75
    assert fast(lists, 1, 2, 1)["map@1/hits"] == 0.5


def test_queries_without_hits_count_as_zero():
    lists = OrderedLists.from_relevance(np.array([[True, True], [False, False]]))
    found = score(lists, np.array([2, 0]), np.array([2, 2]), [2])
    for per in PER:
        assert found[f"map@2/{per}"].tolist() == [1, 0]


def test_the_whole_list_and_the_radius():
    marks = np.array([[True, False, True, False], [False, True, False, False]])
    lists = OrderedLists.from_relevance(marks)
    relevant, retrieved = np.array([2, 1]), np.array([4, 0])
    found = score(lists, relevant, retrieved, ["all"])
    assert found["map@all/min_k"] == pytest.approx([(1 + 2 / 3) / 2, 0])
    assert found["precision@all"].tolist() == [0.5, 0]
    inside = score(lists, relevant, np.array([3, 0]), [1], radius=True)
    assert inside["precision@radius"] == pytest.approx([2 / 3, 0])
    assert inside["recall@radius"].tolist() == [1, 0]


def test_a_long_list_keeps_its_digits():
    """A million items in groups of every size, against sums in extended precision."""
    generator = np.random.default_rng(0)
    items = generator.integers(0, 30_000, (1, 65))
    relevant = generator.binomial(items, np.linspace(0.5, 0.01, 65))
    found = TiedLists.from_groups(items, relevant).cut(items.sum(axis=1, keepdims=True))
    total, s, hits = np.longdouble(0), 0, 0
    for n, r in zip(items[0], relevant[0], strict=True):
        places = np.arange(1, n + 1, dtype=np.longdouble)
        steep = np.longdouble(r - 1) / (n - 1) if n > 1 else 0
        total += (
            np.longdouble(r) / max(n, 1) * (hits + 1 + (places - 1) * steep) / (s + places)
        ).sum()
        s, hits = s + int(n), hits + int(r)
    assert found.total[0, 0] == pytest.approx(float(total), rel=1e-13)
    assert found.over_hits[0, 0] == pytest.approx(float(total) / hits, rel=1e-13)


def test_hits_in_a_long_tie_are_averaged_over_the_hypergeometric_law():
    n, r, m = 3000, 700, 500
    found = total_over_hits(*(np.array([x]) for x in (n, r, 0, 0, m)), np.zeros(1))[0]
    step = float(harmonic_step(np.array([0]), np.array([m]))[0])
    mean = Fraction(0)
    for h in range(1, m + 1):
        weight = Fraction(comb(r, h) * comb(n - r, m - h), comb(n, m))
        steep = (h - 1) / (m - 1)
        mean += weight * Fraction((steep * m + (1 - steep) * step) / m)
    assert found == pytest.approx(float(mean), rel=1e-12)


@settings(max_examples=60)
@given(st.integers(1, 9), st.integers(0, 9), st.integers(1, 11), st.integers(0, 9))
def test_chance_is_one_tie_of_everything(items, relevant, k, most):
    relevant, retrieved = min(relevant, items), min(most, items)
    every = [slow(order, k, retrieved, relevant) for order in orders([(items, relevant)])]
    found = fast(chance_lists(np.array([items]), np.array([relevant])), k, retrieved, relevant)
    for name, value in found.items():
        mean = sum(each[name] for each in every) / len(every)
        assert value == pytest.approx(float(mean), rel=1e-12, abs=1e-14)

"""The Oxford and Paris scores against slow readings of the field's own definitions."""

from fractions import Fraction
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.metrics.landmarks import AP, chance_scores, precision_name, score_rankings

KS = (1, 2, 3, 5, 10)


def walked(marks, size):
    """AP as compute_ap.cpp walks a list: junk is passed over, trapezoids are added."""
    area, hits, place, recall, precision = 0.0, 0, 0, 0.0, 1.0
    for mark in marks:
        if mark == -1:
            continue
        hits += mark == 1
        place += 1
        now = hits / size, hits / place
        area += (now[0] - recall) * (precision + now[1]) / 2
        recall, precision = now
    return area


def moved_up(marks, size, ks):
    """AP and mP@k as compute_map has them: by the positions of what is relevant."""
    positions = []
    for place, mark in enumerate(marks):
        if mark == 1:
            positions.append(place - sum(1 for other in marks[:place] if other == -1))
    area = 0.0
    for hits, place in enumerate(positions):
        first = 1.0 if place == 0 else hits / place
        area += (first + (hits + 1) / (place + 1)) / 2 / size
    if not positions:
        return [area] + [0.0] * len(ks)
    cuts = [min(max(positions) + 1, k) for k in ks]
    return [area] + [sum(place < cut for place in positions) / cut for cut in cuts]


def scored(marks, size, distances=None, ks=KS):
    marks = np.array([marks], np.int8)
    line = np.arange(marks.shape[1], dtype=float) if distances is None else np.array(distances)
    found = score_rankings(marks, line[None], np.array([size]), ks)
    return [found[name][0] for name in (AP, *map(precision_name, ks))]


MARKS = st.lists(st.sampled_from([-1, 0, 0, 1]), max_size=40)


@given(MARKS, st.integers(0, 3))
def test_ap_and_precision_are_the_fields(marks, missing):
    size = marks.count(1) + missing
    if size == 0:
        assert np.isnan(scored(marks, size)).all()
        return
    found = scored(marks, size)
    assert found[0] == pytest.approx(walked(marks, size), abs=1e-12)
    assert found == pytest.approx(moved_up(marks, size, KS), abs=1e-12)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from([-1, 0, 1])), min_size=1, max_size=6),
    st.integers(0, 1),
)
def test_ties_are_the_mean_over_all_orders(images, missing):
    images.sort(key=lambda image: image[0])
    distances, marks = zip(*images, strict=True)
    size = marks.count(1) + missing
    if size == 0:
        return
    every = [
        moved_up([marks[i] for i in order], size, KS)
        for order in permutations(range(len(marks)))
        if all(distances[a] <= distances[b] for a, b in pairwise(order))
    ]
    found = scored(marks, size, np.array(distances, float))
    assert found == pytest.approx(np.mean(every, axis=0), abs=1e-12)


@pytest.mark.parametrize(
    ("marks", "size", "ap", "precision"),
    [
        ([1, 0, 1, 0], 2, Fraction(1, 2) * (1 + Fraction(1, 2) * (Fraction(1, 2) + Fraction(2, 3))),
         [1, Fraction(1, 2), Fraction(2, 3)]),  # worked by hand
        ([-1, -1, 1, 0], 1, 1, [1, 1, 1]),  # junk first takes no place
        ([1, 0, -1, -1], 1, 1, [1, 1, 1]),  # junk last neither
        ([0, -1, 1], 1, Fraction(1, 4), [0, Fraction(1, 2), Fraction(1, 2)]),
        ([1, 1, 1], 3, 1, [1, 1, 1]),  # all relevant
        ([-1, 0, 0], 1, 0, [0, 0, 0]),  # the relevant one is missing
        ([1, 0], 2, Fraction(1, 2), [1, 1, 1]),  # one of two is missing
        ([], 1, 0, [0, 0, 0]),  # nothing is ranked
        ([-1, -1], 2, 0, [0, 0, 0]),  # nothing but junk
    ],
)  # fmt: skip
def test_by_hand(marks, size, ap, precision):
    found = scored(marks, size, ks=(1, 2, 10))
    assert found == pytest.approx([float(ap), *map(float, precision)], abs=1e-15)


def test_a_query_without_relevant_images_is_nan_and_hurts_no_other():
    marks = np.array([[0, -1, 0], [1, 0, 0]], np.int8)
    found = score_rankings(marks, np.tile(np.arange(3.0), (2, 1)), np.array([0, 1]))
    assert all(np.isnan(each[0]) and each[1] == 1 for each in found.values())


def test_an_image_that_stands_twice_in_a_ranking_is_refused():
    with pytest.raises(UsageError, match="1 relevant images, and its ranking holds 2"):
        scored([1, 1], 1)


def test_a_cut_below_one_is_refused():
    with pytest.raises(UsageError, match="from 1 on, not 0"):
        scored([1], 1, ks=(0,))


@pytest.mark.parametrize(("items", "relevant"), [(5, 2), (6, 6), (4, 1), (3, 0)])
def test_chance_is_the_mean_over_all_rankings(items, relevant):
    marks = [1] * relevant + [0] * (items - relevant)
    found = list(chance_scores(items, relevant, KS).values())
    if relevant == 0:
        assert np.isnan(found).all()
        return
    every = [moved_up(order, relevant, KS) for order in permutations(marks)]
    assert found == pytest.approx(np.mean(every, axis=0), abs=1e-12)


def test_chance_in_closed_form():
    """R/n plus half of (1 - (R - 1)/(n - 1)) (H(n) - 1)/n, from the sum over positions."""
    n, r = 5_063, 78
    harmonic = (1 / np.arange(1, n + 1)).sum()
    expected = (r + (1 - (r - 1) / (n - 1)) * (harmonic - 1) / 2) / n
    assert chance_scores(n, r, (10,))[AP] == pytest.approx(expected, abs=1e-12)
    assert chance_scores(n, r, (10,))["mp@10/last"] == pytest.approx(r / n, abs=1e-12)

"""The ladder: each rung changes one thing, and the slow, obvious readings give the same numbers."""

import json
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from aehash.codebook import Codebook
from aehash.experiments import coco_ladder_facts as facts
from aehash.experiments import ladder_judging
from aehash.experiments.ladder import KS, Reading, rungs
from aehash.experiments.ladder_books import published
from aehash.experiments.ladder_judging import Pair, climb, joined, slipped
from aehash.experiments.ladder_layout import against_chance, ladder_table
from aehash.plots.ladder import draw_ladders

RESULTS = Path(__file__).resolve().parents[2] / "experiments" / "results"


def book(split, n, seed, several=False):
    generator = np.random.default_rng(seed)
    labels = generator.random((n, 4)) < 0.4 if several else generator.integers(0, 3, n)
    features = generator.normal(size=(n, 12)).round(1)
    codes = generator.random((n, 24)) < 0.3
    return Codebook.from_arrays(codes, features=features, labels=labels, source="toy", split=split)


@pytest.fixture(scope="module")
def pair():
    return Pair("toy", "toy codes", book("train", 60, 0), book("test", 15, 1), {5: 0.5})


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(ladder_judging, "_DRAWS", 1)


@pytest.fixture(scope="module")
def rows(pair):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ladder_judging, "_DRAWS", 1)
        return {row["name"]: row for row in climb(pair)["rows"]}


def unpacked(codes, bits=24):
    return np.unpackbits(codes, axis=1)[:, :bits].astype(int)


def script(database, queries, k, *, first=True):
    """Do what the published script does, with loops."""
    found = []
    mine, theirs = unpacked(queries.codes), unpacked(database.codes)
    for row in range(len(queries)):
        inside = [at for at in range(len(database)) if (mine[row] ^ theirs[at]).sum() <= 20]
        asked = queries.features[0 if first else row].astype(float)
        away = [
            np.sqrt(((database.features[at].astype(float) - asked) ** 2).sum()) for at in inside
        ]
        ranked = [at for _, at in sorted(zip(away, inside, strict=True))][:k]
        right = database.labels[ranked] == queries.labels[row]
        precision = np.cumsum(right) / np.arange(1, len(ranked) + 1)
        found.append((precision * right).sum() / right.sum() if right.any() else 0.0)
    return np.array(found)


def test_the_first_rungs_are_the_script_with_and_without_its_slip(pair, rows):
    for place, k in enumerate(KS):
        cut = None if k == "all" else k
        for name, first in (("script", True), ("own_features", False)):
            values = script(pair.database, pair.queries, cut, first=first)
            assert rows[name]["values"][place] == pytest.approx(values.mean(), abs=1e-12)
        kept = values[values > 0.6]
        assert rows["selected"]["queries"][place] == len(kept)
        assert rows["selected"]["values"][place] == (
            pytest.approx(kept.mean()) if len(kept) else None
        )


def test_the_nearest_by_code_then_re_ranked_are_those_of_a_stable_sort(pair, rows):
    row = rows["cut_first"]
    database, queries = pair.database, pair.queries
    far = (unpacked(queries.codes)[:, None] ^ unpacked(database.codes)[None]).sum(axis=2)
    values = []
    for asked, distances, label in zip(queries.features, far, queries.labels, strict=True):
        near = np.sort(np.argsort(distances, kind="stable")[:10])
        away = ((database.features[near].astype(float) - asked.astype(float)) ** 2).sum(axis=1)
        right = database.labels[near[np.argsort(away, kind="stable")]] == label
        precision = np.cumsum(right) / np.arange(1, 11)
        values.append((precision * right).sum() / max(1, right.sum()))
    assert row["values"][1] == pytest.approx(np.mean(values), abs=1e-12)


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("held", [False, True])
def test_each_step_changes_one_thing_and_ends_at_the_textbook(several, held):
    steps = [rung.reading for rung in rungs(several, held) if not rung.aside]
    for one, other in pairwise(steps):
        assert len(_changed(one, other)) == 1, (one, other)
    last = steps[-1].protocol
    assert (last.per, last.ties, last.relevance, last.radius) == (
        "relevant",
        "expected",
        "any",
        None,
    )
    assert ("all" in [each.protocol.relevance for each in steps]) == several


def _changed(one: Reading, other: Reading):
    own = [each.name for each in fields(Reading) if each.name != "protocol"]
    found = [name for name in own if getattr(one, name) != getattr(other, name)]
    names = [each.name for each in fields(one.protocol)]
    return found + [
        name for name in names if getattr(one.protocol, name) != getattr(other.protocol, name)
    ]


def test_queries_that_are_items_lose_their_own_row_and_labels_are_read_in_three_ways(few):
    every = book("all", 40, 2, several=True)
    ladder = climb(Pair("own", "own", every, every, {}))
    rows = {row["name"]: row for row in ladder["rows"]}
    assert rows["own_features"]["values"][0] > rows["self"]["values"][0]
    chances = [rows[name]["chance"][0] for name in ("self", "all", "any")]
    assert chances == sorted(chances)
    assert chances[0] < chances[2]


def test_a_constant_code_is_at_chance_where_ties_have_no_order(pair, rows, tmp_path, few):
    flat = [
        replace(each, codes=each.codes * 0, features=None) for each in (pair.database, pair.queries)
    ]
    ladder = climb(Pair("flat", "one code", *flat, {}))
    by_name = {row["name"]: row for row in ladder["rows"]}
    assert "cut_first" not in by_name
    for name in ("ties", "min_k", "relevant"):
        assert against_chance(by_name[name]) == "equal"
    text = ladder_table(ladder)
    assert "**Collapsed.**" in text and "| *aside: ties in the best order* | 1.0000" in text
    own = {**ladder, "title": "toy codes", "paper": {"5": 0.5}, "rows": [*rows.values()]}
    draw_ladders(tmp_path / "ladder.png", [ladder, own], 5)
    assert (tmp_path / "ladder.png").stat().st_size > 5_000


def test_books_are_joined_and_queries_slip(pair):
    both = joined(pair.database, pair.queries)
    assert (len(both), both.key(60)) == (75, "test/0")
    assert both.features.shape == (75, 12)
    features = slipped(pair.queries).features
    assert (features == pair.queries.features[0]).all()
    assert np.array_equal(slipped(pair.queries).codes, pair.queries.codes)


@pytest.mark.data
def test_the_authors_coco_codes_and_hashnets_lists(data_file, monkeypatch):
    data_file("akbacak2023_coco_codes_packed.npz"), data_file("coco_hashnet_protocol.npz")
    monkeypatch.setattr(facts, "_WIDTHS", (256,))
    monkeypatch.setattr(facts, "_QUERIES", 40)
    (wide,) = facts.balls()
    assert (wide["n"], wide["constant_bits"]) == (78_220, 0)
    assert wide["median_inside"] == 0
    assert wide["empty"] > 20
    rows = facts.by_chance()
    assert [row["relevance"] for row in rows[::3]] == ["exact", "all", "any"]
    assert rows[0]["chance"][0] < rows[3]["chance"][0] < rows[6]["chance"][0]
    kept = json.loads((RESULTS / "coco_ladder.json").read_text())["facts"]
    assert "| 256 | 78,217 |" in facts.facts_table(kept)


@pytest.mark.data
def test_a_fresh_run_gives_the_kept_numbers(data_file, few):
    data_file("retinamnist.npz")
    books = published(data_file("akbacak2023_retinamnist.npz"), "retinamnist", 16)
    fresh = climb(Pair("published16", "the author's 16 bits", *books, {}))
    kept = json.loads((RESULTS / "akbacak2023_ladder.json").read_text())["pairs"][0]
    assert kept["collapsed"] and fresh["codes"] == pytest.approx(kept["codes"])
    for new, old in zip(fresh["rows"], kept["rows"], strict=True):
        assert new["name"] == old["name"]
        assert new["values"] == pytest.approx(old["values"], abs=1e-9)
        if not new["chance_estimated"]:
            assert new["chance"] == pytest.approx(old["chance"], abs=1e-9)

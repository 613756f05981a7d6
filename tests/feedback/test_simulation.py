"""Simulated feedback equals a slow, obvious twin, on both kernels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.feedback import (
    METHODS,
    FeedbackSession,
    Pinned,
    Rocchio,
    Svm,
    Table,
    simulate,
    simulate_books,
)
from aehash.feedback.simulation import average_precision


def world(seed, n=50, q=4, classes=4):
    rng = np.random.default_rng(seed)
    labels, asked = rng.integers(0, classes, n), rng.integers(0, classes, q)
    middles = rng.normal(size=(classes, 5))
    rows = middles[labels] + rng.normal(size=(n, 5))
    queries = middles[asked] + rng.normal(size=(q, 5))
    return rows.astype("f4"), queries.astype("f4"), asked[:, None] == labels[None]


def slow_ap(flags):
    found, total = 0, 0.0
    for place, relevant in enumerate(flags, 1):
        if relevant:
            found += 1
            total += found / place
    return total / found if found else 0.0


@given(st.lists(st.booleans(), max_size=40))
@pytest.mark.parametrize("kernels", ["numba", "numpy"])
def test_average_precision_has_a_slow_twin(kernels, flags):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AEHASH_KERNELS", kernels)
        assert average_precision(np.array(flags, bool)) == pytest.approx(slow_ap(flags), abs=1e-12)


@settings(max_examples=10)
@given(seed=st.integers(0, 999), marks=st.integers(1, 12), own=st.booleans())
def test_rounds_are_those_of_sessions_played_by_hand(seed, marks, own):
    rows, queries, relevant = world(seed)
    mine = np.array([-1, 3, 7, -1] if own else [-1] * 4)
    found = simulate(rows, queries, relevant, own=mine, rounds=2, marks=marks, seed=seed)
    for name, method in METHODS.items():
        for query, vector in enumerate(queries):
            drawn = int(np.random.SeedSequence([seed, query]).generate_state(1)[0])
            excluded = int(mine[query]) if mine[query] >= 0 else None
            session = FeedbackSession(vector, rows, method=method, seed=drawn, own=excluded)
            first = session.ranking().rows.tolist()
            assert excluded not in first
            for round_ in range(3):
                ranking = session.ranking().rows.tolist()
                marked = set(session.marks.rows.tolist())
                left = [row for row in ranking if row not in marked]
                before = [row for row in first if row not in marked]
                values, place = found.values[name], (round_, query)
                assert values.map[place] == pytest.approx(slow_ap(relevant[query][ranking]))
                assert values.found[place] == len(session.marks.relevant)
                if relevant[query][left].any():
                    after = slow_ap(relevant[query][left])
                    assert values.residual_map[place] == pytest.approx(after)
                    earlier = slow_ap(relevant[query][before])
                    assert values.residual_before[place] == pytest.approx(earlier)
                else:
                    assert np.isnan(values.residual_map[place])
                    assert np.isnan(values.residual_before[place])
                shown = session.page(marks).rows
                good = relevant[query][shown]
                session.mark(shown[good], shown[~good])
                session.refine()


def test_the_same_seed_gives_the_same_numbers_however_many_threads():
    rows, queries, relevant = world(1)
    one = simulate(rows, queries, relevant, seed=5, threads=1, marks=3)
    many = simulate(rows, queries, lambda query: relevant[query], seed=5, marks=3)
    other = simulate(rows, queries, relevant, seed=6, threads=1, marks=3)
    assert one.table() == many.table()
    assert one.table() != other.table()


def test_nothing_is_gained_by_the_controls_on_the_unmarked_rows():
    rows, queries, relevant = world(2, n=200, q=8)
    found = simulate(rows, queries, relevant, marks=5, methods=["none", "pinned"])
    none, pinned = (found.values[name] for name in ("none", "pinned"))
    assert np.array_equal(pinned.residual_map, pinned.residual_before, equal_nan=True)
    assert np.array_equal(none.map, np.repeat(none.map[:1], 4, axis=0))
    assert pinned.map[1:].mean() > none.map[1:].mean()


def test_presumed_negatives_help_where_a_first_page_holds_none():
    """With one relevant class in front, the marks alone say too little of what is irrelevant."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(40), 25)
    rows = rng.normal(size=(40, 16))[labels] + 0.9 * rng.normal(size=(1000, 16))
    chosen = rng.permutation(1000)[:40]
    methods = {"presumed": Svm(), "alone": Svm(presumed=0), "pinned": Pinned()}
    relevant = labels[chosen, None] == labels[None]
    table = simulate(
        rows.astype("f4"),
        rows[chosen].astype("f4"),
        relevant,
        own=chosen,
        methods=methods,
        rounds=1,
        marks=5,
    ).table()
    first = {row["method"]: row for row in table if row["round"] == 1}
    gain = {name: row["residual_map"] - row["residual_before"] for name, row in first.items()}
    assert gain["presumed"] > gain["alone"] + 0.05
    assert gain["presumed"] > gain["pinned"] == 0


def test_a_table_has_means_and_intervals():
    rows, queries, relevant = world(3)
    relevant[0] = False
    found = simulate(rows, queries, relevant, rounds=1, marks=2, methods={"mine": Rocchio()})
    row = found.table()[1]
    assert (row["method"], row["round"], row["residual_queries"]) == ("mine", 1, 3)
    assert row["map"] == found.values["mine"].map[1].mean()
    assert row["map_ci95"][0] <= row["map"] <= row["map_ci95"][1]
    assert row["residual_map"] == np.nanmean(found.values["mine"].residual_map[1])
    assert (found.n_queries, found.n_database) == (4, 50)
    nothing = simulate(rows, queries, relevant & False, rounds=1, methods=["pinned"]).table()[1]
    assert nothing["map"] == 0 and nothing["residual_map"] is None


@pytest.mark.parametrize("on", ["features", "codes"])
def test_codebooks_bring_their_labels_and_own_rows(on):
    rows, _, _ = world(4, n=60)
    labels = np.random.default_rng(4).integers(0, 3, 60)
    keys = [f"all/{row}" for row in range(60)]
    database = Codebook.from_arrays(features=rows, labels=labels, keys=keys, source="x")
    queries = Codebook.from_arrays(
        features=rows[10:14], labels=labels[10:14], keys=keys[10:14], source="x"
    )
    done = []
    found = simulate_books(
        database, queries, on=on, rounds=1, marks=4, methods=["svm"], progress=done.append
    )
    assert sum(done) == 4
    table = Table.of_book(database, on)
    vectors = rows[10:14] if on == "features" else np.where(rows[10:14] > 0, 1, -1).astype("f4")
    relevant = labels[10:14, None] == labels[None]
    twin = simulate(
        table, vectors, relevant, own=np.arange(10, 14), rounds=1, marks=4, methods=["svm"]
    )
    assert found.table() == twin.table()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"rounds": 0}, "rounds must be at least 1"),
        ({"marks": 0}, "marks must be at least 1"),
        ({"methods": ["smv"]}, "Did you mean 'svm'"),
        ({"methods": []}, "Name a method"),
        ({"relevant": np.zeros((2, 2), bool)}, "relevant must be bool of shape"),
        ({"queries": np.zeros((0, 5), "f4")}, "There are no queries"),
        ({"queries": np.zeros((4, 3), "f4")}, "must come from the same model"),
    ],
)
def test_what_cannot_be_simulated_is_refused(options, sentence):
    rows, queries, relevant = world(0)
    given = {"queries": queries, "relevant": relevant, **options}
    with pytest.raises(UsageError, match=sentence):
        simulate(rows, given.pop("queries"), given.pop("relevant"), **given)

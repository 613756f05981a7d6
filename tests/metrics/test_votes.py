"""Majority labels and rows by class, against obvious twins, scikit-learn and numbers by hand."""

from fractions import Fraction
from itertools import chain, combinations, groupby, permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.metrics import evaluate
from aehash.metrics.class_table import accuracy, recall_bound
from aehash.metrics.classes import by_class
from aehash.metrics.majority_chance import majority_chance
from aehash.metrics.protocol import Protocol
from aehash.metrics.votes import _FIRST

KS = (1, 3, 4, "all")
KERNELS = ("numba", "numpy")


def make(generator, n, split, bits=3, classes=3, unlabelled=False):
    return Codebook.from_arrays(
        generator.random((n, bits)) < 0.4,
        features=generator.integers(0, 2, (n, 2)),
        labels=generator.integers(-1 if unlabelled else 0, classes, n),
        source="s",
        split=split,
        keys=[f"{split}/{row}" if row else "both" for row in range(n)],
    )


def groups_of(database, queries, query, metric, radius, rerank):
    """Rank by the definitions: groups of tied rows, each in database order."""
    rows = [row for row in range(len(database)) if database.key(row) != queries.key(query)]
    codes = [
        sum(int(a ^ b).bit_count() for a, b in zip(code, queries.codes[query], strict=True))
        for code in database.codes
    ]
    features = [float(np.hypot(*(each - queries.features[query]))) for each in database.features]
    inside = [row for row in rows if radius is None or codes[row] <= radius]
    distance = features if rerank or metric == "euclidean" else codes
    inside.sort(key=lambda row: (distance[row], row))
    return [list(group) for _, group in groupby(inside, key=lambda row: distance[row])]


def cast(groups, labels, k, ties):
    """Count the votes of the first k: whole ones, and parts where tied items share places."""
    votes, left = {}, sum(map(len, groups)) if k == "all" else k
    for group in groups:
        inside = min(left, len(group))
        voting = group[:inside] if ties == "database" else group
        for row in voting:
            if labels[row] >= 0 and inside:
                share = Fraction(1) if ties == "database" else Fraction(inside, len(group))
                votes[int(labels[row])] = votes.get(int(labels[row]), 0) + share
        left -= inside
    return votes


def leaders(votes):
    most = max(votes.values(), default=0)
    return {label: most for label, count in votes.items() if count == most}.keys()


RANKINGS = [
    ("hamming", None, False),
    ("hamming", 1, False),
    ("hamming", 0, False),
    ("hamming", 1, True),
    ("euclidean", None, False),
]


@pytest.fixture(autouse=True)
def kernels_at_once(monkeypatch):
    """Let no small work go to NumPy where the kernel is asked for."""
    monkeypatch.setattr(_FIRST, "_left", 0)


def zeros_of_chance(voters, ks, votes, own):
    """Spare the draws, which other tests look at."""
    return {accuracy(k): np.zeros(len(own)) for k in ks}


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    sizes=st.tuples(st.integers(1, 12), st.integers(1, 6)),
    ranking=st.sampled_from(RANKINGS),
    ties=st.sampled_from(["expected", "database"]),
    unlabelled=st.booleans(),
)
@pytest.mark.parametrize("kernels", KERNELS)
def test_votes_are_those_of_an_obvious_twin(kernels, seed, sizes, ranking, ties, unlabelled):
    generator = np.random.default_rng(seed)
    database = make(generator, sizes[0], "train", unlabelled=unlabelled)
    queries = make(generator, sizes[1], "test", unlabelled=unlabelled)
    metric, radius, rerank = ranking
    if not (queries.labels >= 0).any():
        return
    conventions = {"metric": metric, "radius": radius, "rerank": rerank, "ties": ties, "ks": KS}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AEHASH_KERNELS", kernels)
        patch.setattr("aehash.metrics.evaluation.by_chance", zeros_of_chance)
        found = evaluate(database, queries, **conventions, by_class=True)
    table = found.by_class
    confusion = np.zeros((len(KS), len(table.names), len(table.names)))
    silent = np.zeros((len(KS), len(table.names)), int)
    for query, label in enumerate(queries.labels.tolist()):
        groups = groups_of(database, queries, query, metric, radius, rerank)
        for cut, k in enumerate(KS):
            lead = leaders(cast(groups, database.labels, k, ties))
            right = 1 / len(lead) if label in lead else 0
            assert found.per_query[accuracy(k)][query] == right
            if label < 0:
                continue
            row = table.names.index(str(label))
            silent[cut, row] += not lead
            for each in lead:
                confusion[cut, row, table.names.index(str(each))] += 1 / len(lead)
    np.testing.assert_allclose(table.confusion, confusion, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(table.silent, silent)
    total = table.confusion.sum(axis=2) + table.silent
    np.testing.assert_allclose(total, np.tile(table.queries, (len(KS), 1)), rtol=0, atol=1e-12)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    n=st.integers(1, 6),
    metric=st.sampled_from(["hamming", "euclidean"]),
)
def test_it_is_the_mean_over_orders_where_no_cut_divides_a_group(seed, n, metric):
    """Where one does, expected votes are not the expected majority: see the next test."""
    generator = np.random.default_rng(seed)
    database, queries = make(generator, n, "train"), make(generator, 2, "test")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aehash.metrics.evaluation.by_chance", zeros_of_chance)
        found = evaluate(database, queries, metric=metric, ks=KS, by_class=True)
    for query, label in enumerate(queries.labels.tolist()):
        groups = groups_of(database, queries, query, metric, None, False)
        orders = [list(chain(*each)) for each in product(*(permutations(g) for g in groups))]
        ends = np.cumsum([0, *map(len, groups)]).tolist()
        for k in KS:
            if k != "all" and k < ends[-1] and k not in ends:
                continue
            right = 0.0
            for order in orders:
                lead = leaders(cast([[row] for row in order], database.labels, k, "database"))
                right += (1 / len(lead) if label in lead else 0) / len(orders)
            assert found.per_query[accuracy(k)][query] == pytest.approx(right, abs=1e-12)


def test_expected_votes_are_not_the_expected_majority():
    """Five items that all tie, three of class 0: one drawn is of class 0 in 3 orders of 5."""
    database = Codebook.from_arrays(np.ones((5, 4)), labels=[0, 1, 0, 1, 0])
    queries = Codebook.from_arrays(np.ones((2, 4)), labels=[0, 1], split="q")
    found = evaluate(database, queries, ks=(1, 2, 5), by_class=True)
    assert found.per_query["accuracy@1/majority"].tolist() == [1, 0]
    assert found.chance["accuracy@1/majority"] == pytest.approx((3 / 5 + 2 / 5) / 2, abs=0.01)
    assert found.by_class.divided.tolist() == [2, 2, 0]
    assert any("part of a vote each" in note for note in found.notes)
    in_order = evaluate(database, queries, ks=(1, 2), ties="database", by_class=True)
    assert in_order.per_query["accuracy@1/majority"].tolist() == [1, 0]
    assert in_order.per_query["accuracy@2/majority"].tolist() == [0.5, 0.5]
    assert in_order.by_class.confusion[1].tolist() == [[0.5, 0.5], [0.5, 0.5]]


@pytest.fixture(scope="module")
def clouds():
    """Three overlapping clouds of unequal sizes, without ties."""
    generator = np.random.default_rng(7)
    books = []
    for n, split in ((150, "train"), (60, "test")):
        labels = generator.choice(3, n, p=[0.6, 0.3, 0.1])
        features = generator.normal(size=(n, 4)) + labels[:, None]
        names = ("eye", "chest", "head")
        books.append(
            Codebook.from_arrays(features=features, labels=labels, classes=names, split=split)
        )
    return books


def test_scikit_learn_names_the_same_majority(clouds):
    from sklearn.metrics import confusion_matrix
    from sklearn.neighbors import KNeighborsClassifier

    database, queries = clouds
    found = evaluate(database, queries, metric="euclidean", ks=(5, 9), by_class=True)
    for cut, k in enumerate((5, 9)):
        nearest = KNeighborsClassifier(k).fit(database.features, database.labels)
        named = nearest.predict(queries.features)
        votes = np.round(nearest.predict_proba(queries.features) * k)
        clear = (votes == votes.max(axis=1, keepdims=True)).sum(axis=1) == 1
        assert clear.mean() > 0.8
        right = found.per_query[accuracy(k)]
        np.testing.assert_array_equal(right[clear], (named == queries.labels)[clear])
        expected = confusion_matrix(queries.labels[clear], named[clear])
        rest = found.by_class.confusion[cut] - expected
        assert (rest >= 0).all()
        assert rest.sum() == pytest.approx((~clear).sum())


def test_rows_and_means_are_those_of_the_queries(clouds):
    database, queries = clouds
    ks = (5, 20, "all")
    found = evaluate(database, queries, metric="euclidean", ks=ks, by_class=True)
    table = found.by_class
    assert list(table.names) == ["eye", "chest", "head"]
    assert table.queries.tolist() == np.bincount(queries.labels).tolist()
    assert table.database.tolist() == np.bincount(database.labels).tolist()
    for name, values in table.metrics.items():
        each = [found.per_query[name][queries.labels == label].mean() for label in range(3)]
        np.testing.assert_allclose(values, each, rtol=1e-12)
        assert table.macro[name] == pytest.approx(np.mean(each), rel=1e-12)
        assert table.micro[name] == found.metrics[name]
        assert table.micro_chance[name] == found.chance[name]
    for k in (5, 20):
        np.testing.assert_allclose(
            table.metrics[recall_bound(k)], [min(k, m) / m for m in table.database]
        )
        precision, recall = table.metrics[f"precision@{k}"], table.metrics[f"recall@{k}"]
        np.testing.assert_allclose(recall, precision * k / table.database)
        assert (recall <= table.metrics[recall_bound(k)]).all()
        np.testing.assert_allclose(
            table.chance[f"precision@{k}"], table.database / len(database), rtol=1e-12
        )
    assert table.metrics[recall_bound("all")].tolist() == [1, 1, 1]
    assert (table.names[table.database.argmax()], table.largest[0]) == ("eye", ["eye"])
    assert table.largest[1] == pytest.approx((queries.labels == 0).mean())
    assert by_class(database, queries, ks=ks).as_dict() == table.as_dict()


def test_a_class_without_queries_has_a_row_and_no_part_in_the_mean(clouds):
    database, queries = clouds
    keep = queries.labels != 2
    some = Codebook.from_arrays(
        features=queries.features[keep], labels=queries.labels[keep], split="test"
    )
    table = by_class(database, some, ks=(5,))
    assert table.queries[2] == 0
    assert np.isnan(table.metrics["precision@5"][2])
    assert table.macro["precision@5"] == pytest.approx(table.metrics["precision@5"][:2].mean())
    row = table.as_dict()["classes"][2]
    assert (row["queries"], row["metrics"]["precision@5"]) == (0, None)
    assert row["database"] == table.database[2]


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("ties", ["expected", "database"])
@pytest.mark.parametrize("metric", ["hamming", "euclidean"])
def test_blocks_and_threads_change_no_bit(monkeypatch, clouds, metric, ties, kernels):
    monkeypatch.setenv("AEHASH_KERNELS", kernels)
    asked = {"metric": metric, "ties": ties, "ks": (3, 20), "by_class": True}
    first = evaluate(*clouds, **asked, threads=1)
    monkeypatch.setattr("aehash.metrics.votes._CELLS", 7)
    again = evaluate(*clouds, **asked, threads=2, block=7)
    assert first.metrics == again.metrics
    assert first.chance == again.chance
    assert first.by_class.as_dict() == again.by_class.as_dict()


def test_without_it_nothing_changes(clouds):
    plain = evaluate(*clouds, ks=(5,))
    found = evaluate(*clouds, ks=(5,), by_class=True)
    assert plain.by_class is None
    added = {accuracy(5), recall_bound(5)}
    assert found.metrics.keys() - plain.metrics.keys() == added
    assert {name: found.metrics[name] for name in plain.metrics} == plain.metrics
    assert {name: found.chance[name] for name in plain.chance} == plain.chance
    assert found.metrics.keys() == found.chance.keys() == found.ci95.keys()
    assert plain.notes == [note for note in found.notes if note in plain.notes]


def exact_chance(labels, size, label):
    """Try every set of items."""
    right = [
        1 / len(lead)
        if label in (lead := leaders(cast([[r] for r in rows], labels, size, "database")))
        else 0
        for rows in combinations(range(len(labels)), size)
    ]
    return np.mean(right)


@pytest.mark.parametrize("held", [[5, 3, 1], [2, 2, 2], [1, 0, 6], [4]])
@pytest.mark.parametrize("unlabelled", [0, 2])
def test_chance_is_that_of_every_set_of_items(held, unlabelled):
    labels = np.repeat(np.arange(-1, len(held)), [unlabelled, *held])
    sizes = range(len(labels) + 1)
    right, without = majority_chance(np.array(held), unlabelled, sizes)
    for size in sizes:
        for label, count in enumerate(held):
            assert right[size, label] == pytest.approx(exact_chance(labels, size, label), abs=0.02)
            if count and size < len(labels):
                others = np.delete(labels, np.flatnonzero(labels == label)[0])
                exact = exact_chance(others, size, label)
                assert without[size, label] == pytest.approx(exact, abs=0.02)


def test_chance_takes_a_random_rankings_place():
    """Random features: the accuracy is chance's, within what 2,000 queries can tell."""
    generator = np.random.default_rng(3)
    books = [
        Codebook.from_arrays(
            features=generator.normal(size=(n, 3)),
            labels=generator.choice(3, n, p=[0.5, 0.3, 0.2]),
            split=split,
        )
        for n, split in ((300, "train"), (2_000, "test"))
    ]
    found = evaluate(*books, metric="euclidean", ks=(1, 10), by_class=True)
    for k in (1, 10):
        assert found.metrics[accuracy(k)] == pytest.approx(found.chance[accuracy(k)], abs=0.04)


def test_a_query_that_finds_nothing_counts_as_nothing():
    database = Codebook.from_arrays([[0, 0, 0, 0], [1, 1, 1, 0]], labels=[0, 1])
    queries = Codebook.from_arrays([[0, 0, 0, 0], [0, 1, 1, 1]], labels=[0, 1], split="q")
    found = evaluate(database, queries, radius=0, ks=(1,), by_class=True)
    assert found.per_query[accuracy(1)].tolist() == [1, 0]
    assert found.by_class.silent.tolist() == [[0, 1]]
    assert found.by_class.confusion.tolist() == [[[1, 0], [0, 0]]]
    assert found.chance[accuracy(1)] == pytest.approx(0.25, abs=0.01)


def test_multi_hot_rows_of_one_label_are_class_numbers(clouds):
    database, queries = clouds
    hot = [
        Codebook.from_arrays(
            features=each.features, labels=np.eye(3, dtype=np.uint8)[each.labels], split=each.split
        )
        for each in clouds
    ]
    plain, found = by_class(database, queries, ks=(5,)), by_class(*hot, ks=(5,))
    assert found.confusion.tolist() == plain.confusion.tolist()
    assert found.macro == pytest.approx(plain.macro)


@pytest.mark.parametrize(
    ("labels", "conventions", "sentence"),
    [
        ([[1, 1], [0, 1], [1, 1]], {}, "the database has 2 of 3 with several"),
        ([0, 1, 0], {"ties": "optimistic"}, "ties=optimistic puts relevant items first"),
        ([0, 1, 0], {"ties": "pessimistic"}, "--ties expected or database"),
        ([-1, -1, -1], {}, "No query has a label"),
        (range(1_001), {}, "There are 1,001 classes"),
    ],
)
def test_what_cannot_be_voted_on_is_refused(labels, conventions, sentence):
    labels = np.array(labels)
    database = Codebook.from_arrays(np.ones((len(labels), 4)), labels=labels)
    queries = Codebook.from_arrays(np.ones((len(labels), 4)), labels=labels, split="q")
    if labels.ndim == 2:
        queries = Codebook.from_arrays(np.ones((1, 4)), labels=[[0, 1]], split="q")
    with pytest.raises(UsageError, match=sentence) as error:
        evaluate(database, queries, by_class=True, **conventions)
    assert "--no-by-class" in str(error.value)
    evaluate(database, queries, **conventions)


def test_the_protocol_itself_knows_nothing_of_classes():
    """A protocol is what a number means; rows by class are more of them."""
    assert "by_class" not in Protocol().as_dict()


@pytest.mark.parametrize(
    ("held", "largest"), [([0, 0, 1], ["0"]), ([0, 0, 1, 1, 2], ["0", "1"]), ([-1, -1], [])]
)
def test_codes_that_are_all_one_score_the_largest_classes(held, largest):
    asked = [0, 0, 0, 1, 2, -1]
    books = [
        Codebook.from_arrays(np.ones((len(labels), 8), np.uint8), labels=labels, split=split)
        for labels, split in ((held, "train"), (asked, "test"))
    ]
    table = by_class(*books, "hamming", ks=(1,))
    assert table.largest[0] == largest
    assert table.micro["accuracy@1/majority"] == pytest.approx(table.largest[1])
    assert any("largest class" in note for note in table.notes()) == bool(largest)
    assert table.as_dict()["largest"]["classes"] == largest

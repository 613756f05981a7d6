import math
from fractions import Fraction
from itertools import chain, groupby, permutations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.metrics import evaluate

KS = (1, 3, "all")


def make(generator, n, split, bits=3, width=2, multi=False):
    labels = (generator.random((n, 3)) < 0.4) if multi else generator.integers(0, 2, n)
    return Codebook.from_arrays(
        generator.random((n, bits)) < 0.4,
        features=generator.integers(0, 2, (n, width)),
        labels=labels,
        source="s",
        split=split,
    )


def hamming(a, b):
    return sum(bin(int(x) ^ int(y)).count("1") for x, y in zip(a, b, strict=True))


def euclidean(a, b):
    return float(np.sqrt(((a.astype(float) - b.astype(float)) ** 2).sum()))


def shares(query, item):
    if query.ndim == 0:
        return int(query == item)
    return int((query & item).sum())


def holds(query, item, rule):
    if query.ndim == 0:
        return bool(query == item)
    if rule == "exact":
        return bool((query == item).all())
    shared = shares(query, item)
    return shared > 0 and (rule == "any" or shared == query.sum())


def slow_query(database, queries, query, radius, rerank, ties, metric, rule, gain):
    """Rank, cut and judge one query by the definitions; the mean over orders of tied items."""
    rows = [row for row in range(len(database)) if database.key(row) != queries.key(query)]
    by_code = {row: hamming(database.codes[row], queries.codes[query]) for row in rows}
    by_feature = {row: euclidean(database.features[row], queries.features[query]) for row in rows}
    inside = [row for row in rows if radius is None or by_code[row] <= radius]
    distance = by_feature if rerank or metric == "euclidean" else by_code
    inside.sort(key=lambda row: (distance[row], row))
    label = queries.labels[query]
    marks = {row: holds(label, database.labels[row], rule) for row in rows}
    gains = {row: shares(label, database.labels[row]) for row in rows}
    groups = [list(group) for _, group in groupby(inside, key=lambda row: distance[row])]
    every = (
        [inside]
        if ties == "database"
        else [
            list(chain(*choice)) for choice in product(*(permutations(group) for group in groups))
        ]
    )
    multi = database.labels.ndim == 2
    scores = [judge(order, marks, gains, multi, gain) for order in every]
    return {name: float(sum(s[name] for s in scores) / len(scores)) for name in scores[0]}


def worth(shared, gain):
    return shared if gain == "linear" else 2**shared - 1


def discounted(gains, gain):
    return sum(worth(g, gain) / math.log2(rank + 1) for rank, g in enumerate(gains, 1))


def judge(order, by_row, gains_by_row, multi, gain):
    marks, relevant = [by_row[row] for row in order], sum(by_row.values())
    gains, ideal = [gains_by_row[row] for row in order], sorted(gains_by_row.values())[::-1]
    scores = {
        "precision@radius": Fraction(sum(marks), max(1, len(marks))),
        "recall@radius": Fraction(sum(marks), max(1, relevant)),
        "empty_queries": Fraction(not marks),
    }
    for k in KS:
        top = marks if k == "all" else marks[:k]
        hits = sum(top)
        most = relevant if k == "all" else min(k, relevant)
        divisors = {"min_k": most, "hits": hits, "relevant": relevant}
        for name, values in (("map", marks), ("wap", gains)):
            if name == "wap" and not multi:
                continue
            total = sum(Fraction(sum(values[: i + 1]), i + 1) for i, mark in enumerate(top) if mark)
            for per, divisor in divisors.items():
                scores[f"{name}@{k}/{per}"] = Fraction(total) / max(1, divisor)
        scores[f"precision@{k}"] = Fraction(hits, max(1, len(marks) if k == "all" else k))
        scores[f"recall@{k}"] = Fraction(hits, max(1, relevant))
        best = discounted(ideal if k == "all" else ideal[:k], gain)
        found = discounted(gains[: len(top)], gain)
        scores[f"ndcg@{k}/{gain}"] = found / best if best else 0.0
    return scores


@settings(max_examples=150)
@given(
    seed=st.integers(0, 2**32),
    sizes=st.tuples(st.integers(1, 6), st.integers(1, 5)),
    ranking=st.sampled_from(
        [
            (None, False, "hamming"),
            (0, False, "hamming"),
            (1, False, "hamming"),
            (1, True, "hamming"),
            (3, True, "hamming"),
            (None, False, "euclidean"),
        ]
    ),
    ties=st.sampled_from(["expected", "database"]),
    same=st.booleans(),
    multi=st.booleans(),
    block=st.sampled_from([None, 1, 2]),
    rule=st.sampled_from(["any", "all", "exact"]),
    gain=st.sampled_from(["linear", "exponential"]),
    compiler=st.sampled_from(["numba", "numpy"]),
)
def test_every_number_equals_the_slow_twin(
    seed, sizes, ranking, ties, same, multi, block, rule, gain, compiler
):
    generator = np.random.default_rng(seed)
    database = make(generator, sizes[0], "train", multi=multi)
    queries = make(generator, sizes[1], "train" if same else "test", multi=multi)
    radius, rerank, metric = ranking
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AEHASH_KERNELS", compiler)
        found = evaluate(
            database,
            queries,
            radius=radius,
            rerank=rerank,
            metric=metric,
            ties=ties,
            ks=KS,
            block=block,
            relevance=rule,
            gain=gain,
        )
    rows = [
        slow_query(database, queries, query, radius, rerank, ties, metric, rule, gain)
        for query in range(len(queries))
    ]
    for name, values in found.per_query.items():
        expected = [row[name] for row in rows]
        np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-14, err_msg=name)
        mean = sum(expected) if name == "empty_queries" else np.mean(expected)
        assert found.metrics[name] == pytest.approx(mean)
    assert ("precision@radius" in found.metrics) == (radius is not None)
    assert (found.per_query.keys() == rows[0].keys()) == (radius is not None)
    assert found.metrics.keys() == found.chance.keys() == found.ci95.keys()


@pytest.mark.parametrize("compiler", ["numba", "numpy"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"ties": "database"},
        {"ties": "optimistic"},
        {"radius": 3},
        {"radius": 3, "rerank": True},
        {"metric": "euclidean"},
        {"metric": "euclidean", "ties": "database"},
        {"relevance": "exact", "gain": "exponential"},
    ],
    ids=str,
)
def test_threads_and_blocks_change_no_bit_of_the_result(options, compiler, monkeypatch):
    monkeypatch.setenv("AEHASH_KERNELS", compiler)
    monkeypatch.setattr("aehash.parallel.cores", lambda: 7)
    generator = np.random.default_rng(8)
    database = make(generator, 300, "train", bits=12, width=3, multi=True)
    queries = make(generator, 45, "train", bits=12, width=3, multi=True)
    once = evaluate(database, queries, ks=(1, 7, "all"), threads=1, **options)
    for threads, block in ((2, None), (3, 10), (7, 45), (1, 1)):
        again = evaluate(
            database, queries, ks=(1, 7, "all"), threads=threads, block=block, **options
        )
        assert again.metrics == once.metrics
        assert again.chance == once.chance
        for name, values in once.per_query.items():
            assert np.array_equal(again.per_query[name], values), name
        if once.curve is not None:
            assert np.array_equal(again.curve.precision, once.curve.precision)
            assert np.array_equal(again.curve.recall, once.curve.recall)


@pytest.mark.parametrize("ties", ["expected", "database"])
def test_a_few_nearest_features_score_as_the_whole_ranking_does(ties):
    """Cuts that stop early fetch only the nearest rows, and more where they all tie."""
    generator = np.random.default_rng(4)
    for width, values in ((1, 2), (2, 3), (6, 50)):
        parts = [
            Codebook.from_arrays(
                generator.random((n, 4)) < 0.5,
                features=generator.integers(0, values, (n, width)),
                labels=generator.integers(0, 3, n),
                source="s",
                split=split,
            )
            for n, split in ((400, "a"), (20, "a"))
        ]
        few = evaluate(*parts, metric="euclidean", ties=ties, ks=(1, 5))
        whole = evaluate(*parts, metric="euclidean", ties=ties, ks=(1, 5, "all"))
        for name, found in few.per_query.items():
            assert np.array_equal(found, whole.per_query[name]), name


def book(codes, labels, **options):
    return Codebook.from_arrays(np.array(codes), labels=np.array(labels), **options)


def test_the_last_database_item_counts():
    database = book([[1, 1]] * 9 + [[0, 0]], [0] * 9 + [1])
    found = evaluate(database, book([[0, 0]], [1]), ks=(1,))
    assert found.metrics["map@1/min_k"] == 1


def test_each_query_is_reranked_by_its_own_features():
    """Reranked by the first query's distances, the second would find item 0 first."""
    database = book([[1, 0]] * 2, [0, 1], features=np.array([[0.0], [10.0]]))
    queries = book([[1, 0]] * 2, [0, 1], features=np.array([[0.0], [10.0]]))
    found = evaluate(database, queries, radius=0, rerank=True, ks=(1,))
    assert found.per_query["map@1/min_k"].tolist() == [1, 1]


def test_queries_that_find_nothing_count_as_zero():
    database = book([[0, 0, 0]] * 4, [0] * 4)
    queries = book([[0, 0, 0], [1, 1, 1]], [0, 0])
    found = evaluate(database, queries, radius=1, ks=(2,))
    assert found.metrics["map@2/hits"] == found.metrics["precision@radius"] == 0.5
    assert found.metrics["empty_queries"] == 1
    assert found.chance["empty_queries"] == 1
    assert found.chance["recall@radius"] == 0.5
    assert found.n_queries == 2


def test_a_query_is_removed_by_key_and_never_by_rank():
    codes, labels = [[0, 0], [0, 0], [1, 1]], [0, 0, 1]
    database = book(codes, labels, keys=["c", "b", "a"], source="s")
    queries = book([[0, 0]], [0], keys=["b"], source="s")
    found = evaluate(database, queries, ks=(1, "all"))
    assert found.metrics["recall@all"] == 1
    assert found.metrics["map@all/min_k"] == 1
    assert "1 queries" in found.protocol["self_match"]
    kept = evaluate(database, queries, ks=(1,), exclude_self=False)
    assert kept.protocol["self_match"] == "none"
    other = book([[0, 0]], [0], keys=["b"], source="t")
    assert evaluate(database, other, ks=(1,)).protocol["self_match"] == "none"
    forced = evaluate(database, other, ks=(1,), exclude_self=True)
    assert "1 queries" in forced.protocol["self_match"]


@pytest.mark.parametrize("options", [{}, {"radius": 2, "rerank": True}, {"metric": "euclidean"}])
@pytest.mark.parametrize("ties", ["expected", "database"])
def test_a_database_asked_by_itself_never_finds_the_query(options, ties):
    """Each item's only like is its twin: found first, and the one relevant item there is."""
    codes = [[0, 0, 0], [0, 0, 0], [1, 1, 1], [1, 1, 1]]
    twins = book(codes, [0, 0, 1, 1], features=np.array(codes) * 1.5, source="s", split="all")
    found = evaluate(twins, twins, ks=(1, "all"), ties=ties, **options)
    for name in ("map@1/relevant", "map@all/hits", "recall@1", "precision@1"):
        assert found.metrics[name] == 1
    assert found.chance["precision@1"] == pytest.approx(1 / 3)


def test_an_item_that_is_alone_in_the_database_leaves_nothing():
    only = book([[0, 1]], [0], source="s", split="all")
    found = evaluate(only, only)
    assert found.metrics["empty_queries"] == 1
    assert found.metrics["map@5/min_k"] == 0
    assert "1 queries have no relevant item" in found.notes[-1]


def test_one_code_for_all_is_the_chance_line():
    generator = np.random.default_rng(0)
    database = book(np.ones((300, 16)), generator.integers(0, 5, 300))
    queries = book(np.ones((40, 16)), generator.integers(0, 5, 40))
    for radius in (None, 0, 16):
        found = evaluate(database, queries, radius=radius, ks=(1, 5, 20, "all"))
        for name, value in found.metrics.items():
            assert value == pytest.approx(found.chance[name], abs=1e-12)


def test_the_curve_is_precision_and_recall_at_every_radius():
    generator = np.random.default_rng(0)
    database, queries = make(generator, 50, "train", bits=9), make(generator, 9, "test", bits=9)
    curve = evaluate(database, queries).curve
    assert curve.radius.tolist() == list(range(10))
    for radius in curve.radius:
        found = evaluate(database, queries, radius=int(radius))
        assert curve.precision[radius] == pytest.approx(found.metrics["precision@radius"])
        assert curve.recall[radius] == pytest.approx(found.metrics["recall@radius"])
    assert evaluate(database, queries, metric="euclidean").curve is None


def test_tie_bounds_enclose_the_expectation():
    generator = np.random.default_rng(3)
    database, queries = make(generator, 80, "train"), make(generator, 20, "test")
    low, mean, high = (
        evaluate(database, queries, ties=ties).metrics["map@5/min_k"]
        for ties in ("pessimistic", "expected", "optimistic")
    )
    assert low < mean < high


def test_progress_and_a_cut_k():
    generator = np.random.default_rng(0)
    database, queries = make(generator, 10, "train"), make(generator, 7, "test")
    steps = []
    found = evaluate(database, queries, ks=(5, 11), block=3, progress=steps.append)
    assert steps == [3, 3, 1]
    assert found.notes[0].startswith("k = 11 is larger than the database (10 items)")
    assert found.per_query["recall@11"].max() <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"radius": -1}, "radius must be a whole number from 0 on, not -1"),
        ({"radius": 2, "metric": "euclidean"}, "does not go with the euclidean metric"),
        ({"rerank": True}, "needs a radius"),
        ({"ks": ()}, "ks must be"),
        ({"ks": 5}, "ks must be"),
        ({"ks": (10**30,)}, "more than any database holds: say 'all'"),
        ({"ks": (0,)}, "k must be a whole number from 1 on, or 'all', not 0"),
        ({"per": "min"}, "no per 'min'"),
        ({"ties": "stable"}, "no ties 'stable'"),
        ({"relevance": "some"}, "no relevance 'some'"),
        ({"metric": "angular"}, "no metric 'angular'"),
        ({"exclude_self": "no"}, "exclude_self is"),
        ({"block": 0}, "block must be at least 1, not 0"),
        ({"block": 1.5}, "block must be a whole number"),
        ({"bootstrap_seed": -1}, "bootstrap_seed must be 0 or more, not -1"),
        ({"gain": "log"}, "no gain 'log'"),
        ({"threads": 0}, "threads must be a whole number from 1 on, not 0"),
        ({"threads": 10_000}, "threads is 10000, and this process may use"),
        ({"radius": 1, "rerank": True}, "the database codebook has none"),
        ({"metric": "euclidean"}, "the database codebook has none"),
    ],
)
def test_wrong_use_is_refused(options, message):
    plain = book([[0, 1]] * 3, [0, 1, 1])
    with pytest.raises(UsageError, match=message):
        evaluate(plain, plain, **options)


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        (book([[0, 1, 1]], [0]), "2 bits a code and the queries 3"),
        (Codebook.from_arrays(np.array([[0, 1]])), "set of queries has no labels"),
        (book([[0, 1]], [[0, 1]]), "multi-hot over 2 classes"),
        (book([[0, 1]], [0], classes=["dog", "cat"]), "class names differ.*cat, dog and dog, cat"),
    ],
)
def test_codebooks_that_do_not_belong_together_are_refused(queries, message):
    with pytest.raises(UsageError, match=message):
        evaluate(book([[0, 1]] * 3, [0, 1, 1], classes=["cat", "dog"]), queries)


def test_an_empty_database_and_no_queries_are_refused():
    full = book([[0, 1]] * 3, [0, 1, 1])
    none = Codebook(full.codes[:0], 2, full.keys[:0], None, full.labels[:0])
    with pytest.raises(UsageError, match="The database is empty: there is nothing to evaluate"):
        evaluate(none, full)
    with pytest.raises(UsageError, match="The set of queries is empty"):
        evaluate(full, none)


def _book(seed: int, n: int, **options: object) -> Codebook:
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((n, 12)).astype(np.float32)
    return Codebook.from_arrays(features=features, labels=rng.integers(0, 3, n), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("ties", ["expected", "database"])
def test_a_radius_beyond_the_bits_keeps_the_own_row_out_of_the_reranking(ties: str) -> None:
    book = _book(0, 40, source="s", split="all")
    whole = evaluate(book, book, radius=12, rerank=True, ties=ties)  # type: ignore[arg-type]
    for radius in (13, 1000):
        wide = evaluate(book, book, radius=radius, rerank=True, ties=ties)  # type: ignore[arg-type]
        assert wide.metrics == whole.metrics


def test_codes_of_two_trainings_are_not_compared() -> None:
    one, other = (_book(0, 20, snapshot=digest) for digest in ("a" * 64, "b" * 64))
    with pytest.raises(UsageError, match="two different trainings"):
        evaluate(one, other)


def test_one_and_the_same_codebook_needs_no_source(tmp_path: Path) -> None:
    _book(0, 20).save(tmp_path / "a")
    named = _book(0, 20, source="s", split="all")
    loaded = Codebook.load(tmp_path / "a")
    assert evaluate(loaded, Codebook.load(tmp_path / "a")).metrics == evaluate(named, named).metrics
    assert "removed by key (20" in evaluate(loaded, loaded).protocol["self_match"]


def test_a_source_alone_does_not_name_rows() -> None:
    with pytest.raises(UsageError, match="give keys, or the split's name"):
        _book(0, 20, source="s")

"""Paired comparison: matched queries, the paired bootstrap, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.metrics import evaluate
from aehash.metrics.comparison import compare
from aehash.metrics.scores import Scores
from aehash.metrics.split_identity import named_splits

PROTOCOL = {
    "metric": "hamming",
    "radius": None,
    "rerank": False,
    "per": "min_k",
    "ties": "expected",
    "relevance": "any",
    "ks": [10],
    "self_match": "none",
    "database": {"source": "toy", "split": "train"},
    "queries": {"source": "toy", "split": "test"},
}
NAME = "map@10/min_k"
PARTS = ("codes", "keys", "labels")


def scores(values, keys=None, labels=None, digest=None, **protocol):
    return Scores(
        title="Hamming, whole ranking",
        protocol={**PROTOCOL, **protocol},
        n_database=100,
        per_query={NAME: np.asarray(values, float), "empty_queries": np.zeros(len(values))},
        keys=None if keys is None else np.array(keys, "S"),
        labels=labels,
        database=digest,
    )


def evaluation(bits, n=12, split="test", **conventions):
    generator = np.random.default_rng(5)
    codes = generator.random((80 + n, 64))[:, :bits] > 0.5
    labels = generator.integers(0, 3, 80 + n)
    database = Codebook.from_arrays(codes[:80], labels=labels[:80], source="toy", split="train")
    queries = Codebook.from_arrays(codes[80:], labels=labels[80:], source="toy", split=split)
    return evaluate(database, queries, **conventions)


def naive(a, b, seed, resamples=1_000):
    """Draw queries again, one resample at a time."""
    generator = np.random.default_rng(seed)
    means = []
    for _ in range(resamples):
        drawn = generator.integers(0, len(a), len(a))
        means.append(b[drawn].mean() - a[drawn].mean())
    return np.percentile(means, [2.5, 97.5])


@settings(max_examples=10)
@given(st.integers(1, 40), st.integers(0, 100))
def test_it_is_the_naive_paired_bootstrap(count, seed):
    a, b = np.random.default_rng(seed).random((2, count))
    (found,) = compare(scores(a), scores(b), [NAME], seed=seed).differences
    assert found.mean == pytest.approx(b.mean() - a.mean())
    assert (found.low, found.high) == pytest.approx(tuple(naive(a, b, seed)))
    assert found.better == pytest.approx((b > a).mean())
    assert found.better + found.worse + found.equal == pytest.approx(1)


def test_queries_are_matched_by_key():
    a = scores([0.1, 0.2, 0.3], keys=["x", "y", "z"], labels=np.array([1, 2, 3]))
    b = scores([0.4, 0.1, 0.2], keys=["z", "x", "y"], labels=np.array([3, 1, 2]))
    (found,) = compare(a, b).differences
    np.testing.assert_allclose(found.by_query, [0, 0, 0.1])
    assert (found.better, found.worse) == (pytest.approx(1 / 3), 0)


def test_a_common_difficulty_does_not_widen_the_interval():
    hard = np.random.default_rng(0).random(500)
    (found,) = compare(scores(hard), scores(hard + 0.01)).differences
    assert (found.low, found.high) == (pytest.approx(0.01), pytest.approx(0.01))
    assert found.verdict().startswith("B is better by 0.0100 [0.0100, 0.0100] in map@10/min_k")


def test_verdicts():
    values = np.random.default_rng(0).random(200)
    (equal,) = compare(scores(values), scores(values)).differences
    assert equal.verdict() == "A and B are equal in each of the 200 queries by map@10/min_k."
    (worse,) = compare(scores(values), scores(values - 0.5)).differences
    assert worse.verdict().startswith("A is better by 0.5000 [0.5000, 0.5000]")
    noise = np.random.default_rng(1).normal(0, 1, 200)
    (unclear,) = compare(scores(values), scores(values + noise - noise.mean())).differences
    assert unclear.verdict().startswith("No difference can be told from these 200 queries")


def test_fewer_empty_queries_are_better():
    a = scores([0.5] * 10)
    b = replace(a, per_query={**a.per_query, "empty_queries": np.ones(10)})
    (found,) = compare(a, b, ["empty_queries"]).differences
    assert (found.better, found.worse) == (0, 1)
    assert found.verdict().startswith("A is better by 10.0 [10.0, 10.0] in empty_queries")


@pytest.mark.parametrize(
    ("b", "sentence"),
    [
        (scores([0.1, 0.2], keys=["x", "w"]), "of which 1 have the same key"),
        (scores([0.1, 0.2, 0.3], keys=["x", "y", "z"]), "A judged 2 queries .*and B 3"),
        (scores([0.1, 0.2], keys=["x", "y"], labels=np.array([1, 3])), "other labels"),
        (scores([0.1, 0.2], queries={"source": "mnist", "split": "test"}), "B's mnist test"),
        (scores([0.1]), "A judged 2 queries and B 1"),
    ],
)
def test_other_queries_are_refused(b, sentence):
    a = scores([0.1, 0.2], keys=["x", "y"], labels=np.array([1, 2]))
    with pytest.raises(UsageError, match=sentence):
        compare(a, b)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"radius": 2}, "radius is none in A and 2 in B"),
        ({"rerank": True}, "rerank is off in A and on in B"),
        ({"ties": "database"}, "ties is expected in A and database in B"),
        ({"relevance": "all"}, "relevance is any in A and all in B"),
        ({"database": {"source": "mnist", "split": "train"}}, "different databases"),
    ],
)
def test_other_protocols_and_databases_are_said_loudly(change, sentence):
    found = compare(scores([0.1, 0.2]), scores([0.1, 0.2], **change))
    assert len(found.warnings) == 1
    assert sentence in found.warnings[0]


def test_names_of_protocols_and_digests_of_databases():
    a = scores([0.1], name="trec", changed=[], digest="aa")
    assert compare(a, scores([0.1], name="trec", changed=[], digest="aa")).warnings == []
    (changed,) = compare(a, scores([0.1], name="trec", radius=3, digest="aa")).warnings
    assert "radius is none in A and 3 in B" in changed
    (other,) = compare(a, scores([0.1], name="trec", changed=[], digest="bb")).warnings
    assert "different databases" in other
    (smaller,) = compare(a, replace(a, n_database=50)).warnings
    assert "100 items and B one of 50" in smaller


def test_two_protocols_or_two_splits_are_refused_with_both_names():
    a = scores([0.1], name="trec", changed=[], digest="aa")
    with pytest.raises(UsageError, match=r"by the protocol trec and B by mnist.*--protocol trec"):
        compare(a, scores([0.1], name="mnist", changed=[], digest="aa"))
    digests = [each.sha256 for each in named_splits().values()]
    mnist = replace(a, split=digests[0], protocol={**PROTOCOL, "name": "mnist"})
    assert compare(mnist, replace(mnist)).differences
    with pytest.raises(
        UsageError, match=r"on mnist \(1314a60f3809…\), 1 queries .*cifar10 or cifar"
    ):
        compare(
            replace(mnist, protocol={**PROTOCOL, "queries": {"source": None}}),
            replace(mnist, split=digests[1], protocol={**PROTOCOL, "queries": {"source": None}}),
        )
    assert compare(mnist, replace(mnist, split=None)).differences  # made before splits were kept


def test_databases_that_hold_other_images_are_two_splits():
    database, queries = books()
    fewer = replace(database, **{name: getattr(database, name)[:50] for name in PARTS})
    with pytest.raises(UsageError, match=r"30 queries against 60 items, and B on .* 50 items"):
        compare(evaluate(database, queries), evaluate(fewer, queries))


def test_a_metric_that_is_not_in_both():
    with pytest.raises(UsageError, match="Did you mean 'map@10/min_k'"):
        compare(scores([0.1]), scores([0.1]), ["map@10/mink"])
    other = Scores("x", PROTOCOL, 100, {"precision@10": np.ones(1)})
    with pytest.raises(UsageError, match="which B was not"):
        compare(scores([0.1]), other)


def test_evaluations_in_memory():
    found = compare(evaluation(8), evaluation(64))
    assert [each.metric for each in found.differences] == [
        f"map@{k}/min_k" for k in (5, 10, 15, 20)
    ]
    assert found.n_queries == 12
    assert found.warnings == []
    assert any(
        "radius" in text for text in compare(evaluation(8), evaluation(8, radius=2)).warnings
    )
    with pytest.raises(UsageError, match="same queries"):
        compare(evaluation(8), evaluation(8, n=5))


def books(n=30, shuffle=False, named=True, source="toy"):
    generator = np.random.default_rng(8)
    codes, labels = generator.random((60 + n, 16)) > 0.5, generator.integers(0, 3, 60 + n)
    order = np.random.default_rng(1).permutation(n) if shuffle else np.arange(n)
    names = [f"{'photo' if named else 'other'}/{row}" for row in range(n)]
    return (
        Codebook.from_arrays(codes[:60], labels=labels[:60], source=source, split="train"),
        Codebook.from_arrays(
            codes[60:][order],
            labels=labels[60:][order],
            keys=[names[row] for row in order],
            source=source,
            split="test",
        ),
    )


def test_evaluations_in_memory_are_matched_by_key():
    found = compare(evaluate(*books()), evaluate(*books(shuffle=True)))
    assert all(each.equal == 1 for each in found.differences)
    assert found.warnings == []
    with pytest.raises(UsageError, match="of which 0 have the same key"):
        compare(evaluate(*books()), evaluate(*books(named=False)))
    with pytest.raises(UsageError, match="A's queries have keys and B's have none"):
        compare(scores([0.1], keys=["x"]), scores([0.1]))
    other = compare(evaluate(*books()), evaluate(*books(source="mnist"))).warnings
    assert [text.split(":")[0] for text in other] == [
        "A's queries are toy test and B's mnist test",
        "A's database is toy train and B's mnist train",
    ]


def reordered(book):
    rows = np.arange(len(book))[::-1]
    return replace(book, codes=book.codes[rows], keys=book.keys[rows], labels=book.labels[rows])


def test_the_databases_order_counts_where_ties_follow_it():
    database, queries = books()
    for ties, count in (("expected", 0), ("database", 1)):
        asked = [evaluate(each, queries, ties=ties) for each in (database, reordered(database))]
        warnings = compare(*asked).warnings
        assert len(warnings) == count
        assert all("Tied items count in database order" in text for text in warnings)


def test_values_kept_in_single_precision_equal_those_in_memory():
    fresh = Scores.of(evaluate(*books()))
    kept = {name: values.astype(np.float32) for name, values in fresh.per_query.items()}
    found = compare(fresh, replace(fresh, per_query=kept), list(fresh.per_query))
    assert all(each.equal == 1 for each in found.differences)


def test_empty_queries_are_counted_as_in_the_report():
    a, b = (evaluate(*books(), radius=radius) for radius in (2, 3))
    (found,) = compare(a, b, "empty_queries").differences
    assert (found.a, found.b) == (a.metrics["empty_queries"], b.metrics["empty_queries"])
    assert found.mean == found.b - found.a < 0
    assert found.low <= found.mean <= found.high


def test_a_seed_and_metrics_of_another_kind():
    a = scores([0.1, 0.3])
    for seed, sentence in ((-1, "seed must be 0 or more, not -1"), (1.5, "not 1.5")):
        with pytest.raises(UsageError, match=sentence):
            compare(a, a, seed=seed)
    assert [each.metric for each in compare(a, a, NAME).differences] == [NAME]
    with pytest.raises(UsageError, match="Not both have the metric 5"):
        compare(a, a, [5])
    with pytest.raises(UsageError, match="not a str"):
        compare("a", a)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"protocol": {**PROTOCOL, "radius": "2"}}, "radius cannot be '2'"),
        ({"protocol": {"metric": "hamming"}}, "says nothing of per, ties"),
        ({"n_database": "100"}, "n_database must be a whole number"),
        ({"per_query": {}}, "no values"),
        ({"per_query": {NAME: np.array([0.1, np.nan])}}, "not a number"),
        ({"keys": np.array(["x"], "S")}, "2 queries and keys"),
    ],
)
def test_scores_that_are_not_whole(change, sentence):
    with pytest.raises(UsageError, match=sentence):
        replace(scores([0.1, 0.2]), **change)

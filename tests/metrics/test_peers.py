"""Whole evaluations against other people's programs, where their definitions are ours."""

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from aehash.codebook import Codebook
from aehash.index.words import word_distances, words
from aehash.metrics import evaluate

ITEMS, QUERIES, KS = 60, 12, (1, 5, 20, "all")


@pytest.fixture(params=[True, False], ids=["multi-hot", "numbers"])
def books(request):
    """Eight bits for sixty items: many ties."""
    generator = np.random.default_rng(5)

    def book(n):
        labels = generator.random((n, 6)) < 0.3 if request.param else generator.integers(0, 4, n)
        return Codebook.from_arrays(generator.random((n, 8)) < 0.4, labels=labels)

    return book(ITEMS), book(QUERIES)


def gains_of(database, queries):
    if database.labels.ndim == 1:
        return (queries.labels[:, None] == database.labels).astype(int)
    return queries.labels.astype(int) @ database.labels.T.astype(int)


def ranks_of(database, queries):
    """Distances, ties told apart by the database's order."""
    near = word_distances(words(queries.codes), words(database.codes)).astype(int)
    return near * ITEMS + np.arange(ITEMS)


def test_trec_eval_divides_by_all_that_is_relevant(books):
    pytrec_eval = pytest.importorskip("pytrec_eval")
    database, queries = books
    gains, ranks = gains_of(*books), ranks_of(*books)
    judgements = {
        f"q{q}": {f"d{d}": int(gain) for d, gain in enumerate(row)} for q, row in enumerate(gains)
    }
    run = {f"q{q}": {f"d{d}": -float(x) for d, x in enumerate(row)} for q, row in enumerate(ranks)}
    names = {"map", "map_cut", "ndcg", "ndcg_cut", "P", "recall"}
    theirs = pytrec_eval.RelevanceEvaluator(judgements, names).evaluate(run)
    found = evaluate(database, queries, ks=KS, ties="database").per_query
    pairs = {
        "map@5/relevant": "map_cut_5",
        "map@20/relevant": "map_cut_20",
        "map@all/relevant": "map",
        "ndcg@5/linear": "ndcg_cut_5",
        "ndcg@20/linear": "ndcg_cut_20",
        "ndcg@all/linear": "ndcg",
        "precision@5": "P_5",
        "precision@20": "P_20",
        "recall@5": "recall_5",
        "recall@20": "recall_20",
    }
    for ours, name in pairs.items():
        expected = [theirs[f"q{query}"][name] for query in range(QUERIES)]
        assert found[ours] == pytest.approx(expected, rel=1e-9), ours


@pytest.mark.parametrize("gain", ["linear", "exponential"])
def test_scikit_learn_averages_ndcg_over_ties_too(books, gain):
    database, queries = books
    gains = gains_of(*books)
    worth = gains if gain == "linear" else 2**gains - 1
    scores = -word_distances(words(queries.codes), words(database.codes)).astype(float)
    found = evaluate(database, queries, ks=KS, gain=gain).per_query
    for k in KS:
        cut = None if k == "all" else k
        expected = [
            ndcg_score(row[None], score[None], k=cut) if row.any() else 0.0
            for row, score in zip(worth, scores, strict=True)
        ]
        assert found[f"ndcg@{k}/{gain}"] == pytest.approx(expected, rel=1e-12)


def test_torchmetrics_divides_by_the_hits_and_needs_positive_scores(books):
    torch = pytest.importorskip("torch")
    retrieval = pytest.importorskip("torchmetrics.functional.retrieval")
    database, queries = books
    gains = torch.tensor(gains_of(*books))
    ranks = torch.tensor(ranks_of(*books))
    scores = (ranks.max() + 1 - ranks).double()
    found = evaluate(database, queries, ks=KS, ties="database").per_query
    for k in KS:
        cut = ITEMS if k == "all" else k
        for query in range(QUERIES):
            marks, score = gains[query] > 0, scores[query]
            value = retrieval.retrieval_average_precision(score, marks, top_k=cut)
            assert found[f"map@{k}/hits"][query] == pytest.approx(float(value), rel=1e-5)
            value = retrieval.retrieval_normalized_dcg(score, gains[query], top_k=cut)
            assert found[f"ndcg@{k}/linear"][query] == pytest.approx(float(value), rel=1e-5)

"""Conventions that do not go together are refused with the remedy."""

import json

import numpy as np
import pytest

from aehash.errors import UsageError
from aehash.metrics import evaluate
from aehash.metrics.protocol import Protocol


@pytest.mark.parametrize("rerank", ["no", "", 1, None])
def test_rerank_is_true_or_false(rerank):
    with pytest.raises(UsageError, match="rerank is True or False, not "):
        Protocol(radius=2, rerank=rerank)


def test_numpy_s_true_is_true():
    found = Protocol(radius=2, rerank=np.True_)
    assert found == Protocol(radius=2, rerank=True)
    assert json.loads(json.dumps(found.as_dict()))["rerank"] is True


def test_a_radius_beside_euclidean_distances_names_the_remedy():
    with pytest.raises(UsageError, match=r"radius 2 does not go.*\(--radius none\)"):
        Protocol(radius=2, metric="euclidean")
    with pytest.raises(UsageError, match=r"\(--radius none --no-rerank\)"):
        Protocol(radius=20, rerank=True, metric="euclidean")
    with pytest.raises(UsageError, match=r"needs a radius.*\(--no-rerank\)"):
        Protocol(rerank=True)


@pytest.mark.parametrize("books", [("a", "b"), (None, None), (np.zeros((2, 2)), "b")])
def test_only_codebooks_are_evaluated(books):
    with pytest.raises(UsageError, match=r"Only codebooks can be evaluated, not .*Codebook\.load"):
        evaluate(*books)

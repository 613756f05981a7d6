"""Exact search over codes and features."""

from aehash.index.distances import hamming_distances
from aehash.index.euclidean import EuclideanIndex, rerank
from aehash.index.hamming import HammingIndex
from aehash.index.ranking import Neighbours, Ranking

__all__ = [
    "EuclideanIndex",
    "HammingIndex",
    "Neighbours",
    "Ranking",
    "hamming_distances",
    "rerank",
]

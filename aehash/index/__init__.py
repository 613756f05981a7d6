"""Exact search over codes and features."""

from aehash.index.distances import hamming_distances
from aehash.index.duplicates import Pairs, near_duplicates
from aehash.index.euclidean import EuclideanIndex, rerank
from aehash.index.hamming import HammingIndex
from aehash.index.multi_index import MultiIndex
from aehash.index.ranking import Neighbours, Ranking

__all__ = [
    "EuclideanIndex",
    "HammingIndex",
    "MultiIndex",
    "Neighbours",
    "Pairs",
    "Ranking",
    "hamming_distances",
    "near_duplicates",
    "rerank",
]

"""Exact search over codes and features."""

from aehash.index.hamming import HammingIndex, hamming_distances
from aehash.index.ranking import Neighbours, Ranking

__all__ = ["HammingIndex", "Neighbours", "Ranking", "hamming_distances"]

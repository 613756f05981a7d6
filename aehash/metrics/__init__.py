"""Judging rankings: relevance, average precision and its conventions, chance, collapse."""

from aehash.metrics.code_statistics import CodeStatistics, code_statistics, collapse_warning
from aehash.metrics.comparison import Comparison, compare
from aehash.metrics.evaluation import Curve, Evaluation, evaluate
from aehash.metrics.protocol import Protocol

__all__ = [
    "CodeStatistics",
    "Comparison",
    "Curve",
    "Evaluation",
    "Protocol",
    "code_statistics",
    "collapse_warning",
    "compare",
    "evaluate",
]

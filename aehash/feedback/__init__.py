"""Relevance feedback: rankings that follow what a person marks relevant and irrelevant."""

from aehash.feedback.baselines import NearestPositive, Pinned, Plain, Rocchio
from aehash.feedback.marks import Marks
from aehash.feedback.method import Method
from aehash.feedback.methods import METHODS, method_of, name_of
from aehash.feedback.ordering import Ranked
from aehash.feedback.ranking import rank
from aehash.feedback.session import FeedbackSession
from aehash.feedback.svm import Svm
from aehash.feedback.table import ON, On, Table

__all__ = [
    "METHODS",
    "ON",
    "FeedbackSession",
    "Marks",
    "Method",
    "NearestPositive",
    "On",
    "Pinned",
    "Plain",
    "Ranked",
    "Rocchio",
    "Svm",
    "Table",
    "method_of",
    "name_of",
    "rank",
]

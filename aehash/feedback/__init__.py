"""Relevance feedback: rankings that follow what a person marks relevant and irrelevant."""

from aehash.feedback.baselines import NearestPositive, Pinned, Plain, Rocchio
from aehash.feedback.books import simulate_books
from aehash.feedback.keys import digest_of, rows_of
from aehash.feedback.marks import Marks
from aehash.feedback.method import Method
from aehash.feedback.methods import METHODS, method_of, name_of
from aehash.feedback.ordering import Ranked
from aehash.feedback.ranking import rank
from aehash.feedback.session import FeedbackSession
from aehash.feedback.session_file import SessionFile
from aehash.feedback.session_lines import Header, Round
from aehash.feedback.simulation import Rounds, Simulation, simulate
from aehash.feedback.svm import Svm
from aehash.feedback.table import ON, On, Table

__all__ = [
    "METHODS",
    "ON",
    "FeedbackSession",
    "Header",
    "Marks",
    "Method",
    "NearestPositive",
    "On",
    "Pinned",
    "Plain",
    "Ranked",
    "Rocchio",
    "Round",
    "Rounds",
    "SessionFile",
    "Simulation",
    "Svm",
    "Table",
    "digest_of",
    "method_of",
    "name_of",
    "rank",
    "rows_of",
    "simulate",
    "simulate_books",
]

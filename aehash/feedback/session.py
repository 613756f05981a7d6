"""Search, mark, refine, again."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from aehash.errors import UsageError
from aehash.feedback.baselines import Plain
from aehash.feedback.marks import Marks, check_rows
from aehash.feedback.method import Method
from aehash.feedback.ordering import Ranked
from aehash.feedback.ranking import rank
from aehash.feedback.svm import Svm
from aehash.feedback.table import Table
from aehash.index.checks import whole
from aehash.parallel import check_threads

_SVM = Svm()


class FeedbackSession:
    """A query, and rankings that follow what was marked.

    The first ranking is by Euclidean distance; for codes that is the order of Hamming distance.

    Example:
        >>> session = FeedbackSession(query, features)
        >>> session.page(5).rows
        array([17,  4, 90, 31,  8])
        >>> session.mark(relevant=[4], irrelevant=[17, 90])
        >>> session.refine().rows[:3]
        array([ 4, 52,  8])

    Args:
        query: ``(d,)`` features, or the ±1 vector of a code.
        database: ``(n, d)`` float32 features, possibly memory-mapped; or a `Table`.
        method: How to rank again.
        seed: Of what the method draws, 0 or more.
        own: The row that is the query itself, if any: it is not ranked and cannot be marked.
        marks: Rows marked in earlier rounds, to go on from there.
        round: How many rounds there were.
        threads: How many work; by default one for each core.

    Raises:
        UsageError: The query has no features or another width, or an option is out of range.
        AehashError: A feature is NaN or infinite.
    """

    def __init__(
        self,
        query: NDArray[Any],
        database: NDArray[np.float32] | Table,
        *,
        method: Method = _SVM,
        seed: int = 0,
        own: int | None = None,
        marks: Marks | None = None,
        round: int = 0,
        threads: int | None = None,
    ) -> None:
        self.table = database if isinstance(database, Table) else Table.of_features(database)
        self.query = self.table.query(query)
        self.method = method
        self.seed = whole("seed", seed, 0)
        self.own = None if own is None else int(check_rows("own", [own], len(self.table))[0])
        self._threads = check_threads(threads)
        if isinstance(method, Svm):
            method.machine(self.table)  # so that the first round is as quick as the others
        self._round = whole("round", round, 0)
        given = marks or Marks()
        self._marks = Marks().added(given.relevant, given.irrelevant, len(self.table), self.own)
        self._ranking = self._rank(refined=self._round > 0)

    @classmethod
    def of_codes(
        cls, query: NDArray[np.uint8], packed: NDArray[np.uint8], bits: int, **options: Any
    ) -> Self:
        """Start a session on codes.

        Args:
            query: ``(ceil(bits / 8),)`` uint8, the query's packed code.
            packed: ``(n, ceil(bits / 8))`` uint8, possibly memory-mapped.
            bits: Bits per code.
            **options: As of the class.

        Returns:
            The session.
        """
        table = Table.of_codes(packed, bits)
        return cls(table.code(query), table, **options)

    @property
    def round(self) -> int:
        """How many times the ranking was refined."""
        return self._round

    @property
    def marks(self) -> Marks:
        """The rows marked so far, in all rounds."""
        return self._marks

    def ranking(self) -> Ranked:
        """Give the ranking of this round: all rows, best first."""
        return self._ranking

    def page(self, k: int = 20, *, marked: bool = False) -> Ranked:
        """Give the best rows of this round.

        Args:
            k: How many, at most.
            marked: Show rows that are marked already too; else the best of the others.

        Returns:
            Rows and scores, best first.

        Raises:
            UsageError: k is not a whole number above 0.
        """
        k, ranking = whole("k", k, 1), self._ranking
        if marked:
            return Ranked(ranking.rows[:k], ranking.scores[:k])
        return ranking.chosen(~np.isin(ranking.rows, self._marks.rows), k)

    def mark(self, relevant: ArrayLike = (), irrelevant: ArrayLike = ()) -> None:
        """Mark rows; marks stay in all later rounds.

        Args:
            relevant: ``(r,)`` row numbers.
            irrelevant: ``(s,)`` row numbers.

        Raises:
            UsageError: A row is not there, is the query itself, or is marked both ways, now or
                by an earlier mark. Nothing is marked then.
        """
        self._marks = self._marks.added(relevant, irrelevant, len(self.table), self.own)

    def unmark(self, rows: ArrayLike) -> None:
        """Take marks back.

        Args:
            rows: ``(m,)`` marked row numbers.

        Raises:
            UsageError: A row is not there or not marked. Nothing is taken back then.
        """
        self._marks = self._marks.without(rows, len(self.table))

    def refine(self) -> Ranked:
        """Rank again with all marks; one more round.

        Returns:
            The new ranking: all rows, best first.

        Raises:
            UsageError: Nothing is marked, nor ever was. Where all marks were taken back, the first
                ranking returns.
        """
        if not len(self._marks) and not self._round:
            raise UsageError("Nothing is marked: mark a row relevant or irrelevant first.")
        self._ranking = self._rank(refined=True)
        self._round = self._round + 1
        return self._ranking

    def _rank(self, *, refined: bool) -> Ranked:
        return rank(
            self.table,
            self.query,
            self._marks,
            self.method if refined and len(self._marks) else Plain(),
            self.seed,
            own=self.own,
            threads=self._threads,
        )

"""A feedback session as a person sees it: numbered results, marks by number, lines to take back."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.feedback import FeedbackSession, Header, Marks, Round, SessionFile, name_of, rows_of
from aehash.workflow.labels import label_name
from aehash.workflow.query import Query

#: Where ``w`` without a name writes to.
SESSION = Path("feedback.jsonl")
Measure = Literal["distance", "score"]


@dataclass(frozen=True)
class Result:
    """One result.

    Attributes:
        number: From 1, by which it is marked.
        row: In the codebook.
        key: The image's key.
        value: Its distance, in bits on codes; or its score, higher is better.
        label: Its label's name, or empty.
    """

    number: int
    row: int
    key: str
    value: float
    label: str


class Desk:
    """An open session: what is shown of it, and what can be done.

    Numbers go on from page to page; all that were shown since the last marks can be marked.

    Args:
        book: The database.
        folder: Its folder.
        query: What is asked.
        session: The session.
        header: What a session file says of it first.
        top: Results a page.
        rounds: Those there were.
        file: Where rounds are written as they come, or None.

    Raises:
        UsageError: top is below 1.
    """

    def __init__(
        self,
        book: Codebook,
        folder: Path,
        query: Query,
        session: FeedbackSession,
        header: Header,
        *,
        top: int,
        rounds: Sequence[Round] = (),
        file: SessionFile | None = None,
    ) -> None:
        if top < 1:
            raise UsageError(f"top must be at least 1, not {top}.")
        self.book, self.folder, self.query = book, folder, query
        self.session, self.header, self.file = session, header, file
        self._top, self._shown, self._rounds = top, top, list(rounds)
        self._earlier = _earlier(book, rounds)

    @property
    def measure(self) -> Measure:
        """What a result's value is: the first ranking goes by distance, an SVM by its score."""
        svm = name_of(self.session.method).startswith("svm")
        return "score" if svm and len(self.session.marks) else "distance"

    @property
    def where(self) -> str | None:
        """Say how many rounds stand in which file, or None where nothing is written."""
        if self.file is None:
            return None
        count = len(self.file.rounds)
        return f"{self.file.path} holds {count} round{'s' * (count != 1)}"

    @property
    def unwritten(self) -> int:
        """Count the rounds that are in no file."""
        return len(self._rounds) - (0 if self.file is None else len(self.file.rounds))

    def page(self) -> list[Result]:
        """List what is shown now: unmarked images, best first."""
        return self._results()[self._shown - self._top :]

    def next_page(self) -> None:
        """Show the next results of the same ranking.

        Raises:
            UsageError: There are no more.
        """
        if len(self.session.page(self._shown + 1)) <= self._shown:
            raise UsageError("There are no more results: every image is shown or marked.")
        self._shown += self._top

    def mark(self, relevant: Sequence[int], irrelevant: Sequence[int]) -> None:
        """Mark results by their numbers, rank again, and write the round.

        Args:
            relevant: Numbers shown since the last marks.
            irrelevant: The same.

        Raises:
            UsageError: A number was not shown, or is marked both ways. Nothing is marked then.
            AehashError: The round could not be written; it is kept, and written with the next.
        """
        rows = {result.number: result.row for result in self._results()}
        for number in (*relevant, *irrelevant):
            if number not in rows:
                shown = f"numbers go from 1 to {len(rows)}" if rows else "nothing is shown"
                raise UsageError(f"There is no {number} here: {shown}. Nothing was marked.")
        before = self.session.marks
        self.session.mark([rows[each] for each in relevant], [rows[each] for each in irrelevant])
        self._earlier.append(before)
        self._refine()

    def undo(self) -> None:
        """Take the last line of marks back and rank again: a round of its own.

        Raises:
            UsageError: Nothing is marked.
            AehashError: The round could not be written; it is kept, and written with the next.
        """
        if not self._earlier:
            raise UsageError("Nothing is marked, so there is nothing to take back.")
        kept = set(self._earlier.pop().rows.tolist())
        self.session.unmark([row for row in self.session.marks.rows.tolist() if row not in kept])
        self._refine()

    def write(self, path: Path | None = None) -> Path:
        """Write all rounds so far.

        Later ones go there too where no file was named before, or where that one could not take
        all rounds.

        Args:
            path: The file to make; by default the session's own, or `SESSION`.

        Returns:
            The file.

        Raises:
            UsageError: Another file stands there.
            AehashError: It cannot be written; nothing is left of a file that was begun.
        """
        own = None if self.file is None else self.file.path
        if own is not None and (path is None or path.resolve() == own.resolve()):
            self._save()
            return own
        file = SessionFile.create(path or SESSION, self.header)
        try:
            for round_ in self._rounds:
                file.append(round_)
        except AehashError:
            file.close()
            file.path.unlink(missing_ok=True)
            raise
        if self.file is None or self.unwritten:
            self.close()
            self.file = file
        else:
            file.close()
        return file.path

    def close(self) -> None:
        """Close the session's file."""
        if self.file is not None:
            self.file.close()

    def marked(self) -> dict[bool, list[str]]:
        """List the keys of the images marked relevant (True) and irrelevant (False)."""
        marks = self.session.marks
        sides = {True: marks.relevant, False: marks.irrelevant}
        return {side: [self.book.key(row) for row in rows.tolist()] for side, rows in sides.items()}

    def _refine(self) -> None:
        self.session.refine()
        self._shown = self._top
        round_ = Round.of_session(self.session, self.book, self._top)
        self._rounds.append(round_)
        self._save()

    def _save(self) -> None:
        """Write the rounds that the session's file does not hold yet."""
        if self.file is not None:
            for round_ in self._rounds[len(self.file.rounds) :]:
                self.file.append(round_)

    def _results(self) -> list[Result]:
        page = self.session.page(self._shown)
        return [
            Result(number, row, self.book.key(row), self._value(score), label_name(self.book, row))
            for number, (row, score) in enumerate(
                zip(page.rows.tolist(), page.scores.tolist(), strict=True), 1
            )
        ]

    def _value(self, score: float) -> float:
        if self.measure == "score":
            return score
        # On ±1 vectors the squared distance is four times the number of bits that differ.
        return -score if self.session.table.bits is None else round(score**2 / 4, 9)


def _earlier(book: Codebook, rounds: Sequence[Round]) -> list[Marks]:
    """List the marks before each line of marks that was not taken back."""
    states = [Marks()]
    keys = list({key for each in rounds for key in (*each.relevant, *each.irrelevant)})
    rows = dict(zip(keys, rows_of(book, keys).tolist(), strict=True))
    for round_ in rounds:
        good, bad = ([rows[key] for key in each] for each in (round_.relevant, round_.irrelevant))
        marks = Marks().added(good, bad, len(book))
        if len(states) > 1 and marks == states[-2]:
            states.pop()
        else:
            states.append(marks)
    return states[:-1]

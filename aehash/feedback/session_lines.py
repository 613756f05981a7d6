"""The lines of a session file: what each says, and how it is checked when it is read."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from aehash import __version__
from aehash.codebook import Codebook
from aehash.errors import AehashError
from aehash.feedback.method import Method
from aehash.feedback.methods import method_of, name_of
from aehash.feedback.session import FeedbackSession
from aehash.feedback.table import ON, On

FORMAT = "aehash-feedback"
VERSION = 1


@dataclass(frozen=True, eq=False)
class Header:
    """The first line: what is asked, of what, and how.

    Attributes:
        codebook: Digest of the database, from `aehash.feedback.keys.digest_of`.
        query: The query's key, or its file, for the reader.
        vector: ``(d,)`` float32: its features or the ±1 vector of its code, so that a session
            goes on without the image and the model.
        method: How the ranking is refined.
        seed: Of what the method draws.
        on: ``features`` or ``codes``.
        own: The key of the row that is the query itself, if any.
        aehash: The version that began the session.
    """

    codebook: str
    query: str
    vector: NDArray[np.float32]
    method: Method
    seed: int = 0
    on: On = "features"
    own: str | None = None
    aehash: str = field(default=__version__)

    def line(self) -> str:
        """Write it as JSON."""
        options: Any = self.method
        return _json(
            {
                "format": FORMAT,
                "version": VERSION,
                "aehash": self.aehash,
                "codebook": self.codebook,
                "on": self.on,
                "query": self.query,
                "own": self.own,
                "method": {"name": name_of(self.method), **asdict(options)},
                "seed": self.seed,
                "vector": [float(each) for each in self.vector],
            }
        )

    @classmethod
    def of(cls, value: Mapping[str, Any], where: str) -> Self:
        """Read it.

        Args:
            value: The line.
            where: The file, for the message.

        Returns:
            The header.

        Raises:
            AehashError: It is of another format or version, or lacks what it should hold.
        """
        if value.get("format") != FORMAT:
            raise AehashError(f"{where} is no feedback session: its first line does not say so.")
        if value.get("version") != VERSION:
            raise AehashError(
                f"{where} is of version {value.get('version')!r}, and this aehash reads version "
                f"{VERSION}: continue it with the aehash that wrote it ({value.get('aehash')})."
            )
        try:
            options = dict(value["method"])
            return cls(
                codebook=_text(value["codebook"]),
                query=_text(value["query"]),
                vector=np.array(_numbers(value["vector"]), np.float32),
                method=method_of(options.pop("name"), options),
                seed=_count(value["seed"]),
                on=_on(value["on"]),
                own=None if value["own"] is None else _text(value["own"]),
                aehash=_text(value["aehash"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise AehashError(f"The first line of {where} is damaged ({error!r}).") from None


@dataclass(frozen=True)
class Round:
    """A later line: what was marked up to a round, and what it then found.

    Attributes:
        round: From 1 on.
        relevant: Keys of all rows marked relevant so far.
        irrelevant: Keys of all rows marked irrelevant so far.
        page: Keys and scores of the best rows of the new ranking that nobody marked.
    """

    round: int
    relevant: tuple[str, ...]
    irrelevant: tuple[str, ...]
    page: tuple[tuple[str, float], ...]

    @classmethod
    def of_session(cls, session: FeedbackSession, book: Codebook, k: int) -> Self:
        """Take a session's latest round.

        Args:
            session: It was just refined.
            book: Its database, for the keys.
            k: Rows of the new ranking to take.

        Returns:
            The round.
        """
        page, marks = session.page(k), session.marks
        keys = [tuple(book.key(row) for row in rows) for rows in (marks.relevant, marks.irrelevant)]
        shown = zip(map(book.key, page.rows.tolist()), page.scores.tolist(), strict=True)
        return cls(session.round, keys[0], keys[1], tuple(shown))

    def line(self) -> str:
        """Write it as JSON."""
        return _json({**asdict(self), "page": [{"key": k, "score": s} for k, s in self.page]})

    @classmethod
    def of(cls, value: Mapping[str, Any], where: str) -> Self:
        """Read it.

        Args:
            value: The line.
            where: File and line, for the message.

        Returns:
            The round.

        Raises:
            AehashError: It lacks what it should hold.
        """
        try:
            marks = [
                tuple(_text(key) for key in value[name]) for name in ("relevant", "irrelevant")
            ]
            scores = _numbers([each["score"] for each in value["page"]])
            keys = [_text(each["key"]) for each in value["page"]]
            page = tuple(zip(keys, scores, strict=True))
            return cls(_count(value["round"]), marks[0], marks[1], page)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise AehashError(f"{where} is damaged ({error!r}).") from None


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":")) + "\n"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is no whole number from 0 on")
    return value


def _numbers(value: Any) -> list[float]:
    numbers = [float(each) for each in value]
    if not all(map(math.isfinite, numbers)):
        raise ValueError("a number is not finite")
    return numbers


def _on(value: Any) -> On:
    if value not in ON:
        raise ValueError(f"{value!r} is neither features nor codes")
    found: On = value
    return found

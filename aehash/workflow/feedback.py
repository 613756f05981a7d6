"""Begin a feedback session on a codebook, or go on with one."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError, nearest
from aehash.feedback import (
    FeedbackSession,
    Header,
    On,
    SessionFile,
    Table,
    digest_of,
    method_of,
    name_of,
)
from aehash.metrics.protocol import Metric
from aehash.workflow.books import Pictures, database_of, latest_codes
from aehash.workflow.common import RUNS
from aehash.workflow.feedback_desk import Desk
from aehash.workflow.feedback_picture import Album
from aehash.workflow.query import Query, comparable, find_query

_ON: dict[str, On] = {"euclidean": "features", "hamming": "codes"}
_METHOD, _SEED = "svm", 0
_METRIC: Metric = "euclidean"
_CLOSE = 0.05
"""How far a query may be from the session's, as a share of the norm, or of the bits of its code:
the same image has slightly other features on another machine, and another image has others."""


@dataclass(frozen=True)
class Opened:
    """An open session.

    Attributes:
        desk: What is shown, and what can be done.
        album: Draws it, or None where no picture is wanted.
        notes: What a person should know, in sentences.
    """

    desk: Desk
    album: Album | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """What is searched, and what is asked of it."""

    book: Codebook
    folder: Path
    query: str
    runs: Path
    pictures: Pictures | None

    @property
    def name(self) -> str:
        """Name the query the same from every working folder."""
        path = Path(self.query)
        return str(path.resolve()) if path.is_file() else self.query

    def find(self) -> Query:
        """Find the query."""
        return find_query(self.query, self.folder, self.book, self.runs, self.pictures)

    def vector(self, found: Query, table: Table) -> NDArray[np.float32]:
        """Give the query as the table's rows are."""
        if table.bits is None:
            return table.query(comparable(found, self.book))
        return table.code(found.code)

    @property
    def own(self) -> int | None:
        """Find the row that is the query itself."""
        if Path(self.query).is_file():
            return None
        rows = np.flatnonzero(self.book.keys == self.query.encode("utf-8", "surrogateescape"))
        return int(rows[0]) if len(rows) else None


def feedback(
    query: str,
    *,
    codes: Path | None = None,
    runs: Path = RUNS,
    top: int = 20,
    method: str | None = None,
    metric: Metric | None = None,
    seed: int | None = None,
    session: Path | None = None,
    montage: Path | None = None,
    threads: int | None = None,
) -> Opened:
    """Begin a feedback session, or go on with the one in a file.

    Args:
        query: An image file, or a key of the codebook or of one beside it.
        codes: A codebook, or a folder with one for each split; by default the latest run's.
        runs: Where runs are kept.
        top: Results a page.
        method: A name of `aehash.feedback.METHODS`; by default the session's, or ``svm``.
        metric: ``euclidean`` on features or ``hamming`` on codes; by default the session's, or
            ``euclidean``.
        seed: Of what the method draws; by default the session's, or 0.
        session: The file that each round is written to; one that is there is continued.
        montage: The PNG to draw the results in, or None.
        threads: How many work; by default one for each core.

    Returns:
        The session; its desk is to be closed.

    Raises:
        UsageError: The query or the codes are not there, options do not go together, or the
            session is of another codebook, query, method, metric or seed.
        AehashError: The session's file is damaged, or cannot be read or written.
    """
    if metric is not None and metric not in _ON:
        raise UsageError(f"There is no metric {metric!r}.{nearest(metric, _ON)}")
    folder = database_of(codes or latest_codes(None, runs))
    book = Codebook.load(folder, verify="size")
    album = None if montage is None else Album(montage, query, Pictures(book, folder))
    place = _Place(book, folder, query, runs, album.pictures if album else None)
    if session is None or not session.exists():
        desk = _begun(place, method or _METHOD, metric or _METRIC, seed or _SEED, top, threads)
        if session is not None:
            desk.write(session)
        return Opened(desk, album)
    file = SessionFile.continued(session, digest_of(book))
    try:
        _check_options(file, {"method": method, "metric": metric, "seed": seed})
        desk, notes = _continued(place, file, top, threads)
    except BaseException:
        file.close()
        raise
    return Opened(desk, album, notes)


def _begun(
    place: _Place, method: str, metric: Metric, seed: int, top: int, threads: int | None
) -> Desk:
    if metric == "euclidean" and place.book.features is None:
        raise UsageError(
            f"{place.folder} has no features, so Euclidean distances cannot be had: give feedback "
            "on the codes, with --metric hamming."
        )
    table = Table.of_book(place.book, _ON[metric])
    found = place.find()
    session = FeedbackSession(
        place.vector(found, table),
        table,
        method=method_of(method),
        seed=seed,
        own=place.own,
        threads=threads,
    )
    header = Header(
        codebook=digest_of(place.book),
        query=place.name,
        vector=session.query,
        method=session.method,
        seed=session.seed,
        on=_ON[metric],
        own=None if session.own is None else place.book.key(session.own),
    )
    return Desk(place.book, place.folder, found, session, header, top=top)


def _continued(
    place: _Place, file: SessionFile, top: int, threads: int | None
) -> tuple[Desk, tuple[str, ...]]:
    if place.name != file.header.query and place.query != file.header.query:
        raise UsageError(
            f"{file.path} is a session of the query {file.header.query}, not of {place.query}: "
            "name that query, or another --session."
        )
    session = file.session(place.book, threads=threads)
    notes = [] if file.dropped is None else [file.dropped]
    try:
        found = place.find()
        asked = place.vector(found, session.table)
    except AehashError as error:
        found = Query(place.query, np.empty(0, np.uint8), None, None)
        notes.append(f"The session goes on with what it holds of the query: {error}")
    else:
        if not _alike(asked, session.query, session.table):
            raise UsageError(
                f"{place.query} is no longer the image that {file.path} is about: its "
                f"{file.header.on} are others. Begin another session."
            )
    rounds = file.rounds
    desk = Desk(
        place.book, place.folder, found, session, file.header, top=top, rounds=rounds, file=file
    )
    return desk, tuple(notes)


def _alike(asked: NDArray[np.float32], held: NDArray[np.float32], table: Table) -> bool:
    """Tell whether two queries are of one image, but for what machines differ in."""
    if table.bits is not None:
        return bool(np.mean(asked != held) <= _CLOSE)
    return bool(np.linalg.norm(asked - held) <= _CLOSE * np.linalg.norm(held))


def _check_options(file: SessionFile, given: Mapping[str, Any]) -> None:
    """Refuse options that are not the session's."""
    header = file.header
    metric = next(metric for metric, on in _ON.items() if on == header.on)
    stated = {"method": name_of(header.method), "metric": metric, "seed": header.seed}
    for name, value in given.items():
        if value is not None and value != stated[name]:
            raise UsageError(
                f"{file.path} is a session with --{name} {stated[name]}, not {value}: leave the "
                "option out, or begin another session."
            )

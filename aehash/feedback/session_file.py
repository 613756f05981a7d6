"""A session on disk, which grows by one line a round and loses none.

The file is JSON Lines: a header, then one line for each round. A line is written by one call and
flushed to the disk before the session goes on; what is there is never written again. Where the
last line was cut off all the same, by a full disk or a power cut, it is dropped when the session
is continued, and said.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.feedback.keys import rows_of
from aehash.feedback.marks import Marks
from aehash.feedback.session import FeedbackSession
from aehash.feedback.session_lines import Header, Round
from aehash.feedback.table import Table
from aehash.files import fsync

PAGE = 20
"""Rows of a ranking that a line holds."""


class SessionFile:
    """An open session file; only one process at a time may have it.

    Use `create` or `continued`, and `close` it, or use it in a ``with`` block.

    Attributes:
        path: Where it is.
        header: Its first line.
        rounds: Its rounds, in order.
        dropped: What was wrong with a last line that was dropped, as a sentence, or None.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.header: Header
        self.rounds: list[Round] = []
        self.dropped: str | None = None
        self._descriptor = descriptor

    @classmethod
    def create(cls, path: str | Path, header: Header) -> Self:
        """Begin a session's file.

        Args:
            path: The file to make.
            header: Its first line.

        Returns:
            The file.

        Raises:
            UsageError: A file stands there, or the name cannot be one.
            AehashError: It cannot be written; nothing is left of it then.
        """
        path = Path(path)
        if "\0" in str(path):
            raise UsageError(f"The file {str(path)!r} has a NUL in its name: leave that out.")
        try:
            if path.parent.exists() and not path.parent.is_dir():
                raise UsageError(f"{path} cannot be made, since {path.parent} is a file.")
            path.parent.mkdir(parents=True, exist_ok=True)
            file = cls(path, os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o666))
        except FileExistsError:
            raise UsageError(
                f"{path} is there already: continue that session, or choose another name."
            ) from None
        except OSError as error:
            raise AehashError(f"{path} cannot be made ({error.strerror}).") from None
        file.header = header
        try:
            with file._closed_on_error():
                file._lock()
                file._write(header.line())
                fsync(path.parent)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise AehashError(f"{path} cannot be made ({error.strerror}).") from None
        except AehashError:
            path.unlink(missing_ok=True)
            raise
        return file

    @classmethod
    def continued(cls, path: str | Path, codebook: str) -> Self:
        """Open a session's file to go on.

        Args:
            path: The file.
            codebook: Digest of the database that is at hand.

        Returns:
            The file; `dropped` says whether its last line was cut off and has been removed.

        Raises:
            UsageError: The session is of another codebook.
            AehashError: It is missing, open elsewhere, no session, or damaged before its last
                line; it is left as it is then.
        """
        path = Path(path)
        try:
            file = cls(path, os.open(path, os.O_RDWR | os.O_APPEND))
        except FileNotFoundError:
            raise AehashError(f"{path} is missing: there is no session to continue.") from None
        except OSError as error:
            raise AehashError(f"{path} cannot be opened ({error.strerror}).") from None
        with file._closed_on_error():
            file._lock()
            file._read(codebook)
        return file

    def append(self, round_: Round) -> None:
        """Write a round, and return when it is on the disk.

        Args:
            round_: It; its number follows the last one's.

        Raises:
            UsageError: Its number is another.
            AehashError: The disk is full, or the file was removed or replaced; what was there is
                still there, and the round can be appended again.
        """
        if round_.round != len(self.rounds) + 1:
            raise UsageError(
                f"Round {round_.round} does not follow {self.path}, whose last is "
                f"{len(self.rounds)}."
            )
        self._write(round_.line())
        self.rounds.append(round_)

    def record(self, session: FeedbackSession, book: Codebook, k: int = PAGE) -> None:
        """Write a session's latest round.

        Args:
            session: It was just refined.
            book: Its database, for the keys.
            k: Rows of the new ranking to write.
        """
        self.append(Round.of_session(session, book, k))

    def session(self, book: Codebook, *, threads: int | None = None) -> FeedbackSession:
        """Make the session as it stood after the last round.

        Args:
            book: Its database.
            threads: How many work; by default one for each core.

        Returns:
            The session.

        Raises:
            AehashError: A marked key is not in the codebook.
        """
        header = self.header
        marks = Marks()
        if self.rounds:
            last = self.rounds[-1]
            good, bad = (rows_of(book, keys) for keys in (last.relevant, last.irrelevant))
            marks = Marks().added(good, bad, len(book))
        return FeedbackSession(
            header.vector,
            Table.of_book(book, header.on),
            method=header.method,
            seed=header.seed,
            own=None if header.own is None else int(rows_of(book, [header.own])[0]),
            marks=marks,
            round=len(self.rounds),
            threads=threads,
        )

    def close(self) -> None:
        """Close the file; nothing is left to be written."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()

    @contextlib.contextmanager
    def _closed_on_error(self) -> Any:
        try:
            yield
        except BaseException:
            self.close()
            raise

    def _lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AehashError(
                f"{self.path} is open in another process: end that session first."
            ) from None
        except OSError as error:
            raise AehashError(
                f"{self.path} cannot be kept from other processes ({error.strerror}): put the "
                "session on a disk of this machine."
            ) from None

    def _write(self, line: str) -> None:
        """Write one line, whole or not at all."""
        data = line.encode("ascii")
        if not self._there():
            raise AehashError(
                f"{self.path} was removed or replaced while it was open: write the session to "
                "another file."
            )
        size = os.fstat(self._descriptor).st_size
        try:
            written = os.write(self._descriptor, data)
            if written < len(data):
                raise OSError(0, "the disk is full")
            os.fsync(self._descriptor)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, size)
            raise AehashError(
                f"{self.path} could not be written to ({error.strerror}); all rounds before this "
                "one are there."
            ) from None

    def _there(self) -> bool:
        """Tell whether what is open is still what the path names."""
        try:
            return os.path.samestat(self.path.stat(), os.fstat(self._descriptor))
        except OSError:
            return False

    def _read(self, codebook: str) -> None:
        data = self.path.read_bytes()
        lines = data.splitlines(keepends=True)
        values = [_parsed(line) for line in lines]
        torn = len(values) > 0 and values[-1] is None
        whole = values[:-1] if torn else values
        if not whole or whole[0] is None:
            raise AehashError(
                f"{self.path} holds no session: its first line is cut off. Begin a new one."
            )
        self.header = Header.of(whole[0], str(self.path))
        if self.header.codebook != codebook:
            raise UsageError(
                f"{self.path} is a session on the codebook {self.header.codebook}, and this one is "
                f"{codebook}: continue it with the codebook it was begun on."
            )
        for number, value in enumerate(whole[1:], 1):
            where = f"Line {number + 1} of {self.path}"
            round_ = None if value is None else Round.of(value, where)
            if round_ is None or round_.round != number:
                raise AehashError(f"{where} should be round {number}, and is not: it is damaged.")
            self.rounds.append(round_)
        self._mend(data, lines, torn)

    def _mend(self, data: bytes, lines: Sequence[bytes], torn: bool) -> None:
        if torn:
            os.ftruncate(self._descriptor, len(data) - len(lines[-1]))
            os.fsync(self._descriptor)
            self.dropped = (
                f"The last line of {self.path} was cut off and is dropped: the session goes on "
                f"from round {len(self.rounds)}."
            )
        elif not data.endswith(b"\n"):
            self._write("\n")


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None

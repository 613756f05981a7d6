"""JSON read a value at a time: what is in memory is one value and a piece of the file."""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from json import JSONDecodeError
from typing import Any, BinaryIO, NoReturn

from aehash.errors import AehashError

#: The longest value, such as an image's row, in characters.
LIMIT = 1 << 23
_CHUNK = 1 << 20
#: A fault that lies further from the end of what was read is no value cut in two.
_TAIL = 64
_SPACE = re.compile(r"[ \t\n\r]*")
_AGAIN = "Copy it again, or export it again."


class _NotFiniteError(ValueError):
    """NaN or an infinity, which Python's reader takes and JSON does not have."""


class _TwiceError(ValueError):
    """A name that stands twice in an object, of which Python's reader keeps the last."""


def _refuse(name: str) -> NoReturn:
    raise _NotFiniteError(name)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(next(name for name in names if names.count(name) > 1))
    return found


class JsonStream:
    """Reads one JSON object from a file, member by member and array element by element.

    Args:
        file: Open for reading bytes; UTF-8, with or without a byte order mark.
        name: What to call it in messages.
        progress: Takes how many bytes were read since it was called last.

    Attributes:
        name: What it is called.
        row: The number of the array element that is being read, from 0; None between arrays.
    """

    def __init__(
        self, file: BinaryIO, name: str, progress: Callable[[int], None] | None = None
    ) -> None:
        self.name = name
        self.row: int | None = None
        self._file = file
        self._progress = progress
        self._bytes = codecs.getincrementaldecoder("utf-8-sig")()
        self._decode = json.JSONDecoder(
            parse_constant=_refuse, object_pairs_hook=_distinct
        ).raw_decode
        self._text = ""
        self._at = 0
        self._ended = False

    def fault(self, what: str) -> AehashError:
        """Make the error that names the place.

        Args:
            what: What is wrong there and what to do, beginning with a verb.

        Returns:
            The error, to be raised.
        """
        place = "The header" if self.row is None else f"Row {self.row}"
        return AehashError(f"{place} of {self.name} {what}")

    def members(self) -> Iterator[str]:
        """Read the object's names; each one's value is to be read before the next is asked for.

        Yields:
            The names, in their order.

        Raises:
            AehashError: The file holds no JSON object, or more than one value.
        """
        if not self._peek():
            raise AehashError(f"{self.name} is empty. {_AGAIN}")
        if self._peek() != "{":
            raise AehashError(f"{self.name} should hold a JSON object, and begins otherwise.")
        self._take("{")
        while self._peek() != "}":
            name = self.value()
            if not isinstance(name, str):
                raise self.fault(f"names a member by {name!r}, which is not text.")
            self._take(":")
            yield name
            if self._take(",}") == "}":
                break
        else:
            self._take("}")
        if self._peek():
            raise AehashError(f"{self.name} goes on behind its end. {_AGAIN}")

    def elements(self) -> Iterator[Any]:
        """Read the array that comes next.

        Yields:
            Its elements; `row` is the number of each.

        Raises:
            AehashError: There is no array, or it is damaged.
        """
        if self._peek() not in ("[", ""):
            raise self.fault("should have an array here: images, features, files and labels are.")
        self._take("[")
        self.row = 0
        if self._peek() == "]":
            self._take("]")
        else:
            while True:
                yield self.value()
                self.row += 1
                if self._take(",]") == "]":
                    break
        self.row = None

    def value(self) -> Any:
        """Read the value that comes next.

        Returns:
            It, as `json.loads` gives it.

        Raises:
            AehashError: It is cut short, no JSON, too long or too deep, has a member twice, or
                holds NaN or infinity.
        """
        self._peek()
        while True:
            failure = None
            try:
                value, end = self._decode(self._text, self._at)
            except JSONDecodeError as error:
                failure = error
            except (RecursionError, ValueError) as error:
                raise self._unreadable(error) from None
            else:
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            if self._ended or (failure is not None and self._is_amiss(failure)):
                raise self._damaged(failure)
            if len(self._text) - self._at > LIMIT:
                raise self.fault(f"is longer than {LIMIT:,} characters, which no image's row is.")
            self._more()

    def _peek(self) -> str:
        """Give the next character that is no white space, or nothing at the end."""
        while True:
            match = _SPACE.match(self._text, self._at)
            self._at = self._at if match is None else match.end()
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._more()

    def _take(self, wanted: str) -> str:
        """Take the next character, which must be one of those."""
        found = self._peek()
        if not found:
            raise self._cut()
        if found not in wanted:
            choice = " or ".join(map(repr, wanted))
            raise self.fault(f"is not JSON: {choice} should stand where {found!r} stands. {_AGAIN}")
        self._at += 1
        return found

    def _more(self) -> None:
        """Read on; a value that has grown long is read in longer pieces."""
        held = self._text[self._at :]
        piece = self._file.read(max(_CHUNK, len(held)))
        self._ended = not piece
        try:
            self._text = held + self._bytes.decode(piece, final=self._ended)
        except UnicodeDecodeError as error:
            raise AehashError(
                f"{self.name} is not UTF-8 text ({error.reason}), in or behind "
                f"{'its header' if self.row is None else f'row {self.row}'}. Save it as UTF-8."
            ) from None
        self._at = 0
        if self._progress is not None:
            self._progress(len(piece))

    def _is_amiss(self, failure: JSONDecodeError) -> bool:
        """Say whether text is wrong in itself, and not for want of what follows it."""
        unterminated = failure.msg.startswith("Unterminated")
        return not unterminated and len(self._text) - failure.pos > _TAIL

    def _damaged(self, failure: JSONDecodeError | None) -> AehashError:
        if failure is None or not self._is_amiss(failure):
            return self._cut()
        return self.fault(f"is not JSON ({failure.msg}). {_AGAIN}")

    def _cut(self) -> AehashError:
        place = "in its header" if self.row is None else f"in row {self.row}"
        return AehashError(f"{self.name} is cut short or damaged: it ends {place}. {_AGAIN}")

    def _unreadable(self, error: Exception) -> AehashError:
        if isinstance(error, _NotFiniteError):
            return self.fault(
                f"holds {error}, which is no number and not JSON: features must be finite. "
                "Leave the image out, or extract it again with a model that has not diverged."
            )
        if isinstance(error, _TwiceError):
            return self.fault(f"has {str(error)!r} twice. Leave one out.")
        if isinstance(error, RecursionError):
            return self.fault("is nested too deeply for an index.")
        return self.fault("holds a whole number of thousands of digits, which no feature is.")

"""What is searched for, and the text that stands for it, so that the server need not remember."""

import base64
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from aehash.bits import check_padding
from aehash.errors import UsageError
from aehash.web.served import Served
from aehash.workflow.query import Query

_HEAD = struct.Struct("<4sIII")
_MARK = b"aeq1"


@dataclass(frozen=True, eq=False)
class Wanted:
    """A query.

    Attributes:
        query: Its code, and its feature where there is one.
        row: The row that it is, or None for a new image.
    """

    query: Query
    row: int | None = None

    def told(self, served: Served, position: list[float] | None = None) -> dict[str, Any]:
        """Describe it for an answer.

        Args:
            served: The codebook.
            position: Its place in the map, where there is one.

        Returns:
            What is told of it.
        """
        return {
            "code": bytes(self.query.code).hex(),
            "row": self.row,
            "key": None if self.row is None else served.book.key(self.row),
            "label": None if self.row is None else served.label(self.row),
            "query": packed(self.query, served),
            "position": position,
        }


def of_row(served: Served, row: int) -> Wanted:
    """Ask with a row of the codebook.

    Args:
        served: The codebook.
        row: Which.

    Returns:
        The query.
    """
    book, item = served.book, served.item(served.check_row(row))
    feature = None if book.features is None else np.array(book.features[row])
    query = Query(item["key"], np.array(book.codes[row]), feature, None)
    return Wanted(query, row)


def of_text(served: Served, text: str) -> Wanted:
    """Ask with what an earlier answer gave.

    Args:
        served: The codebook.
        text: As :func:`packed` gave it.

    Returns:
        The query.

    Raises:
        UsageError: It is damaged, or of another codebook.
    """
    try:
        data = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        mark, check, code_bytes, width = _HEAD.unpack_from(data)
    except (ValueError, struct.error):
        raise _damaged() from None
    body = data[_HEAD.size :]
    if mark != _MARK or len(body) != 4 + code_bytes + 4 * width:
        raise _damaged()
    if zlib.crc32(body) != check:
        raise _damaged()
    book = served.book
    columns = 0 if book.features is None else book.features.shape[1]
    if (
        body[:4] != _digest(served)
        or code_bytes != book.codes.shape[1]
        or width not in (0, columns)
    ):
        raise UsageError(
            f"The query belongs to another codebook than {served.name}: search for its image anew."
        )
    code = np.frombuffer(body, np.uint8, code_bytes, 4)
    feature = np.frombuffer(body, "<f4", width, 4 + code_bytes).astype(np.float32)
    check_padding(code[None], book.bits)
    if not np.isfinite(feature).all():
        raise _damaged()
    return Wanted(Query("the query", code, feature if width else None, None))


def packed(query: Query, served: Served) -> str:
    """Write a query as text.

    Args:
        query: The query.
        served: The codebook that it is asked of.

    Returns:
        URL-safe base64 of its code and feature.
    """
    width = 0 if served.book.features is None else served.book.features.shape[1]
    feature = query.feature
    if feature is None or len(feature) != width:
        feature = np.empty(0, np.float32)
    body = _digest(served) + bytes(query.code) + np.asarray(feature, "<f4").tobytes()
    head = _HEAD.pack(_MARK, zlib.crc32(body), len(query.code), len(feature))
    return base64.urlsafe_b64encode(head + body).rstrip(b"=").decode("ascii")


def wanted_of(served: Served, given: Mapping[str, Any]) -> Wanted | None:
    """Find what is searched for, where it is no picture.

    Args:
        served: The codebook.
        given: May have ``row``, ``key`` or ``query``.

    Returns:
        The query; None where there is none of them.
    """
    if given.get("row") is not None:
        served.check_key(served.check_row(given["row"]), given.get("key"))
        return of_row(served, given["row"])
    if given.get("key") is not None:
        return of_row(served, served.row_of(given["key"]))
    if given.get("query") is not None:
        return of_text(served, given["query"])
    return None


def _digest(served: Served) -> bytes:
    """Tell codebooks apart: features of one net mean nothing to another's."""
    book = served.book
    named = f"{book.snapshot or served.name} {book.bits}"
    return struct.pack("<I", zlib.crc32(named.encode("utf-8", "surrogateescape")))


def _damaged() -> UsageError:
    return UsageError(
        "The query is not what an answer of this server held, or it was cut short: search for its "
        "image anew."
    )

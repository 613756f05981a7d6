"""What stands before the images of a JSON index, checked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aehash.bits import MAX_BITS
from aehash.codebook import Codebook
from aehash.errors import AehashError, nearest

FORMAT = "aehash-index"
VERSION = 1
#: Classes of a multi-label index: the codebook has a byte a row for each.
MAX_COLUMNS = 65_536
#: Entries of a manifest that the header has under their own names, or that follow from the rest.
_OWN = ("classes", "source", "split", "snapshot", "created", "aehash")
_MADE = ("n", "bits", "bit_order", "threshold", "files")
_TEXTS = ("source", "split", "snapshot", "created", "aehash")
MEMBERS = ("format", "version", "bits", "dimensions", "label_columns", "more", *_OWN)


@dataclass(frozen=True)
class Header:
    """The members that stand before the images; none of them must be there.

    Attributes:
        bits: Bits per code; needed where there are codes.
        dimensions: Features a row.
        classes: Class names in the order of their numbers.
        label_columns: Columns of multi-hot labels whose classes have no names.
        texts: ``source``, ``split``, ``snapshot``, ``created`` and ``aehash``, where given.
        more: Further entries of the codebook's manifest.
    """

    bits: int | None = None
    dimensions: int | None = None
    classes: list[str] = field(default_factory=list)
    label_columns: int | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Mapping[str, Any], name: str) -> Self:
        """Check what was read.

        Args:
            found: Members by name, of `MEMBERS` alone.
            name: The file's, for messages.

        Returns:
            The header.

        Raises:
            AehashError: It is of another format or version, or a member is not what it should be.
        """
        _check_format(found, name)
        bad = next((key for key, value in found.items() if not is_text(value)), None)
        if bad is not None:
            raise AehashError(f"{bad!r} of {name} has text that UTF-8 cannot hold.")
        classes = found.get("classes")
        if not _is_texts([] if classes is None else classes):
            raise AehashError(f"'classes' of {name} should be an array of names.")
        more = found.get("more")
        if not isinstance({} if more is None else more, dict):
            raise AehashError(f"'more' of {name} should be an object.")
        taken = sorted(set(more or ()) & {*_OWN, *_MADE})
        if taken:
            raise AehashError(f"'more' of {name} has {taken[0]!r}, which has a place of its own.")
        texts = {key: found[key] for key in _TEXTS if found.get(key) is not None}
        wrong = next((key for key, value in texts.items() if not isinstance(value, str)), None)
        if wrong is not None:
            raise AehashError(f"{wrong!r} of {name} should be text, not {texts[wrong]!r}.")
        return cls(
            bits=_count(found, "bits", MAX_BITS, name),
            dimensions=_count(found, "dimensions", 2**31, name),
            classes=list(classes or ()),
            label_columns=_count(found, "label_columns", MAX_COLUMNS, name),
            texts=texts,
            more=dict(more or {}),
        )


def header_of(book: Codebook) -> dict[str, Any]:
    """Describe a codebook.

    Args:
        book: The codebook.

    Returns:
        The members that stand before the images.
    """
    features, labels, manifest = book.features, book.labels, book.manifest
    columns = {}
    if labels is not None and labels.ndim == 2 and not book.classes:
        columns = {"label_columns": labels.shape[1]}
    more = {key: value for key, value in manifest.items() if key not in {*_OWN, *_MADE}}
    return {
        "format": FORMAT,
        "version": VERSION,
        "bits": book.bits,
        "dimensions": None if features is None else features.shape[1],
        "classes": book.classes,
        **columns,
        **{key: manifest.get(key) for key in _TEXTS},
        **({"more": more} if more else {}),
    }


def check_member(found: Mapping[str, Any], key: str, name: str) -> None:
    """Refuse a member that has no meaning or stands twice.

    Args:
        found: Those before it.
        key: Its name.
        name: The file's.

    Raises:
        AehashError: It is unknown, or there already.
    """
    if key in found:
        raise AehashError(f"The header of {name} has {key!r} twice. Leave one out.")
    if key not in MEMBERS:
        known = nearest(key, (*MEMBERS, "images"))
        raise AehashError(f"The header of {name} has {key!r}, which means nothing here.{known}")


def is_text(value: Any) -> bool:
    """Say whether the text in a value can be written: half a character of UTF-16 cannot.

    Args:
        value: As read from JSON.

    Returns:
        Whether it can.
    """
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _check_format(found: Mapping[str, Any], name: str) -> None:
    form, version = found.get("format", FORMAT), found.get("version", VERSION)
    if form != FORMAT:
        raise AehashError(f"{name} is of format {form!r}, not {FORMAT!r}: it is no index.")
    if version != VERSION or isinstance(version, bool):
        raise AehashError(
            f"{name} is of version {version!r}, and this aehash reads version {VERSION}: "
            "read it with a later aehash, or export it again."
        )


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _count(found: Mapping[str, Any], key: str, largest: int, name: str) -> int | None:
    value = found.get(key)
    if value is None:
        return None
    if type(value) is not int or not 1 <= value <= largest:
        raise AehashError(
            f"{key!r} of {name} should be a whole number from 1 to {largest:,}, not {value!r}."
        )
    return value

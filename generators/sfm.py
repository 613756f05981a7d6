"""The training lists of retrieval-SfM-30k and -120k: images, their 3-D models, matching pairs.

The files the authors give out are pickles, which can run code. Here only the plain ones are read:
before anything is loaded, every instruction of the file is looked at, and one that could name or
call anything is refused, so that dictionaries, lists, text and numbers are all that can come out.
A JSON file of the same structure is read as well:

    {"train": {"cids": […], "cluster": […], "qidxs": […], "pidxs": […]}, "val": {…}}

cids are the names of the images, cluster the 3-D model of each, and qidxs and pidxs places among
the cids: pairs that see enough of the same points. Two images of one large model may not share
anything, so matches are taken from these pairs and not from the clusters.
"""

from __future__ import annotations

import pickle
import pickletools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aehash.errors import AehashError, UsageError, nearest
from aehash.files import read_json
from aehash.generators.arrays import Rows

_MOVES = "PROTO FRAME STOP MARK POP POP_MARK DUP"
_MEMORY = "PUT BINPUT LONG_BINPUT MEMOIZE GET BINGET LONG_BINGET"
_NUMBERS = "NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT"
_TEXT = "STRING BINSTRING SHORT_BINSTRING UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8"
# No tuples: as keys, and one in another many times over, they take ages to hash.
_CONTAINERS = "EMPTY_LIST LIST APPEND APPENDS EMPTY_DICT DICT SETITEM SETITEMS"
_PLAIN = {
    name for names in (_MOVES, _MEMORY, _NUMBERS, _TEXT, _CONTAINERS) for name in names.split()
}
_STORES = ("PUT", "BINPUT", "LONG_BINPUT")
_CID = re.compile(r"[0-9A-Za-z_-]{6,}")
_LARGEST = 1 << 30


@dataclass(frozen=True, eq=False)
class Scenes:
    """One side, training or validation, of such a list.

    Attributes:
        paths: The images' files, relative to the folder ``ims``.
        clusters: ``(n,)`` the 3-D model of each.
        pairs: ``(m, 2)`` rows of a query and its match.
        dropped: Pairs left out: an image with itself (47 are known in the 120k list, copies of
            one picture), or of two models.
    """

    paths: tuple[str, ...]
    clusters: Rows
    pairs: Rows
    dropped: int


def read_scenes(path: Path, split: str = "train") -> Scenes:
    """Read one side of a list such as retrieval-SfM-120k.pkl.

    Args:
        path: A plain pickle, or JSON where the name ends in .json.
        split: ``train`` or ``val``.

    Returns:
        The side.

    Raises:
        UsageError: There is no such side.
        AehashError: The file is missing, holds more than plain values, or other ones.
    """
    whole = _whole(path)
    if split not in whole:
        raise UsageError(f"{path} has no side {split!r}.{nearest(split, whole)}")
    return _side(whole[split], f"{path}, {split}")


def read_sides(path: Path) -> dict[str, Scenes]:
    """Read both sides of such a list, or the one it has.

    Args:
        path: A plain pickle, or JSON where the name ends in .json.

    Returns:
        ``train``, and ``val`` where it is there.

    Raises:
        AehashError: The file is missing, holds more than plain values, or other ones.
    """
    whole = _whole(path)
    if "train" not in whole:
        raise AehashError(f"{path} should hold a dictionary with train and val.")
    named = [name for name in ("train", "val") if name in whole]
    return {name: _side(whole[name], f"{path}, {name}") for name in named}


def _whole(path: Path) -> dict[str, Any]:
    whole = read_json(path) if path.suffix.lower() == ".json" else _plain_pickle(path)
    if not isinstance(whole, dict) or not all(isinstance(name, str) for name in whole):
        raise AehashError(f"{path} should hold a dictionary with train and val.")
    return whole


def _side(side: Any, where: str) -> Scenes:
    if not isinstance(side, dict):
        raise AehashError(f"{where} should be a dictionary, not a {type(side).__name__}.")
    cids = _texts(side, where)
    clusters = _numbers(side, "cluster", where)
    asked, matches = (_numbers(side, name, where) for name in ("qidxs", "pidxs"))
    if len(clusters) != len(cids) or len(asked) != len(matches):
        raise AehashError(
            f"{where}: {len(cids)} cids with {len(clusters)} clusters, {len(asked)} qidxs with "
            f"{len(matches)} pidxs; each should have as many as the other."
        )
    pairs = np.column_stack([asked, matches])
    outside = pairs[(pairs < 0) | (pairs >= len(cids))]
    if outside.size:
        raise AehashError(
            f"{where}: a pair names image {outside[0]}, and they go from 0 to {len(cids) - 1}."
        )
    kept = (asked != matches) & (clusters[asked] == clusters[matches])
    return Scenes(tuple(map(image_path, cids)), clusters, pairs[kept], int((~kept).sum()))


def image_path(cid: str) -> str:
    """Give an image's file within ``ims``: ``ef/cd/ab/…abcdef``, by its last six characters."""
    return f"{cid[-2:]}/{cid[-4:-2]}/{cid[-6:-4]}/{cid}"


def _plain_pickle(path: Path) -> Any:
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise AehashError(
                f"{path} has {size:,} bytes; such a list has well below {_LARGEST:,}."
            )
        data = path.read_bytes()
    except OSError as error:
        raise AehashError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        _refuse_code(data, path)
        return pickle.loads(data)  # nothing but plain values, as made sure of
    except (
        pickle.UnpicklingError,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        EOFError,
        MemoryError,
        OverflowError,
        AttributeError,
    ) as error:
        raise AehashError(f"{path} is not a readable pickle ({error}).") from error


def _refuse_code(data: bytes, path: Path) -> None:
    """Refuse a pickle with any instruction but those that make plain values."""
    for number, (code, argument, place) in enumerate(pickletools.genops(data)):
        if code.name not in _PLAIN:
            named = f" ({argument})" if isinstance(argument, str) else ""
            raise AehashError(
                f"{path} holds more than dictionaries, lists, text and numbers: {code.name}{named} "
                f"at byte {place}. A pickle can run code, so it is not loaded. If you trust it, "
                "write its dictionary as JSON, arrays as lists, and give that file."
            )
        if code.name in _STORES and isinstance(argument, int) and argument > number:
            raise AehashError(f"{path} is damaged at byte {place}: a store beyond what there is.")


def _texts(side: Mapping[str, Any], where: str) -> list[str]:
    values = _list(side, "cids", where)
    for value in values:
        if not isinstance(value, str) or not _CID.fullmatch(value):
            raise AehashError(
                f"{where}: the cid {_shown(value)} is not a name of six or more letters and digits."
            )
    if not values:
        raise AehashError(f"{where}: there are no images.")
    if len(set(values)) < len(values):
        raise AehashError(f"{where}: {len(values) - len(set(values))} cids stand more than once.")
    return values


def _numbers(side: Mapping[str, Any], name: str, where: str) -> NDArray[np.int64]:
    values = _list(side, name, where)
    wrong = [value for value in values if type(value) is not int or abs(value) >= 1 << 62]
    if wrong:
        raise AehashError(f"{where}: {name} holds {_shown(wrong[0])}, which is no whole number.")
    return np.array(values, dtype=np.int64)


def _list(side: Mapping[str, Any], name: str, where: str) -> list[Any]:
    values = side.get(name)
    if not isinstance(values, list):
        raise AehashError(
            f"{where}: {name} should be a list"
            + (f", not a {type(values).__name__}." if name in side else " and is missing.")
        )
    return values


def _shown(value: object) -> str:
    """Show a value of a message; not a container, which may hold itself many times over."""
    return f"{value!r:.60}" if isinstance(value, str | float) else f"of type {type(value).__name__}"

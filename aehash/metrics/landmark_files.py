"""Ground truth of Oxford5k, Paris6k and their revisited forms, from text files and .mat files.

The Visual Geometry Group's text files have no list of the images; the .mat files have it. Images
are named without folder and ending, such as ``all_souls_000013``.
"""

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aehash.errors import AehashError, UsageError

#: What the lists of a query are called, in the two protocols.
CLASSIC, REVISITED = ("relevant", "junk"), ("easy", "hard", "junk")
_PREFIX = "oxc1_"
"""Oxford's query files name an image by its visual words' file."""
_QUERY = "_query.txt"
_ENDINGS = (".jpg", ".jpeg", ".png")
_DAMAGE = (
    OSError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    NotImplementedError,  # what SciPy raises at a .mat file of version 7.3
    TypeError,
    ValueError,
    zlib.error,
)
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class LandmarkQuery:
    """A query of the ground truth.

    Attributes:
        image: The image it is cut from.
        box: Left, top, right and bottom of the part that is asked for, in pixels.
        lists: Images by what they are to it: ``relevant`` (good and ok) and ``junk``, or
            ``easy``, ``hard`` and ``junk``; sorted, each image once.
    """

    image: str
    box: Box
    lists: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class GroundTruth:
    """All queries of a protocol.

    Attributes:
        queries: In the order of the file, or of the text files' names.
        images: The database; None where the files do not list it.
    """

    queries: tuple[LandmarkQuery, ...]
    images: tuple[str, ...] | None

    @property
    def revisited(self) -> bool:
        """Tell whether relevant images are told apart as easy and hard."""
        return "easy" in self.queries[0].lists

    @property
    def named(self) -> tuple[str, ...]:
        """List the images that the database must have, sorted."""
        lists = {name for each in self.queries for names in each.lists.values() for name in names}
        return tuple(sorted(lists.union(self.images or ())))

    @property
    def boxes(self) -> list[tuple[str, Box]]:
        """List what the queries are: an image and the box to cut out of it."""
        return [(each.image, each.box) for each in self.queries]


def image_name(key: str) -> str:
    """Take an image's name out of a key.

    Args:
        key: Such as ``jpg/all_souls_000013.jpg``.

    Returns:
        The name without folder and ending, such as ``all_souls_000013``.
    """
    name = key.replace("\\", "/").rpartition("/")[2]
    ending = next((each for each in _ENDINGS if name.lower().endswith(each)), "")
    return name[: len(name) - len(ending)]


def check_box(box: Box, size: tuple[int, int]) -> Box:
    """Refuse a box that is not inside its image.

    Args:
        box: Left, top, right and bottom, in pixels.
        size: The image's width and height.

    Returns:
        The box.

    Raises:
        UsageError: It is empty, not of finite numbers, or goes beyond the image.
    """
    left, top, right, bottom = box
    width, height = size
    if not all(map(math.isfinite, box)) or left >= right or top >= bottom:
        raise UsageError(
            f"The box {_written(box)} is empty: give left, top, right and bottom in pixels, with "
            "left < right and top < bottom."
        )
    if left < 0 or top < 0 or right > width or bottom > height:
        raise UsageError(
            f"The box {_written(box)} goes beyond its image of {width} × {height} pixels: the "
            "image must have the size that the ground truth was drawn on."
        )
    return box


def read_ground_truth(place: Path, name: str) -> GroundTruth:
    """Read the ground truth of a protocol.

    Args:
        place: A .mat file; or a folder that has ``gnd_NAME.mat``, or the text files.
        name: The protocol: ``oxford5k``, ``paris6k``, ``roxford5k`` or ``rparis6k``.

    Returns:
        The ground truth.

    Raises:
        UsageError: There is none, or it is of the other kind.
        AehashError: A file is damaged.
    """
    stored = place / f"gnd_{name}.mat"
    if place.is_file() or stored.is_file():
        found = read_mat(place if place.is_file() else stored)
    else:
        found = read_text_files(place)
    revisited = name.startswith("r")
    if found.revisited != revisited:
        has, wants = ("easy and hard", "good and ok") if found.revisited else ("good and ok", "")
        raise UsageError(
            f"{place} has lists of {has} images, and protocol {name} needs those of "
            f"{wants or 'easy and hard'}: give gnd_{name}.mat"
            f"{'' if revisited else ', or the folder of the text files'}."
        )
    return found


def read_text_files(folder: Path) -> GroundTruth:
    """Read ``NAME_query.txt`` with ``NAME_good.txt``, ``NAME_ok.txt`` and ``NAME_junk.txt``.

    Args:
        folder: Where they are.

    Returns:
        The ground truth, in the order of the names, without a list of images.

    Raises:
        UsageError: There are none.
        AehashError: One is missing or damaged.
    """
    paths = sorted(folder.glob(f"*{_QUERY}")) if folder.is_dir() else []
    if not paths:
        raise UsageError(
            f"{folder} holds no ground truth: give a file such as gnd_oxford5k.mat, or the folder "
            f"of text files such as all_souls_1{_QUERY}."
        )
    return _checked([_read_query(path) for path in paths], None, folder)


def _read_query(path: Path) -> LandmarkQuery:
    stem = str(path)[: -len(_QUERY)]
    good, ok, junk = (_lines(Path(f"{stem}_{name}.txt")) for name in ("good", "ok", "junk"))
    words = " ".join(_lines(path)).split()
    try:
        image, *numbers = words
        box = _box([float(number) for number in numbers])
    except ValueError:
        raise AehashError(
            f"{path} should hold an image and the four numbers of its box, not "
            f"{' '.join(words)[:80]!r}."
        ) from None
    lists = {"relevant": _distinct([*good, *ok]), "junk": _distinct(junk)}
    return LandmarkQuery(image.removeprefix(_PREFIX), box, lists)


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise AehashError(f"{path} is missing: each query has four files.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise AehashError(f"{path} cannot be read ({error}).") from None
    return [line.strip() for line in text.splitlines() if line.strip()]


def read_mat(path: Path) -> GroundTruth:
    """Read a file such as ``gnd_oxford5k.mat`` or ``gnd_roxford5k.mat``.

    Args:
        path: The file.

    Returns:
        The ground truth, with its list of images.

    Raises:
        UsageError: There is no such file.
        AehashError: It is damaged or something else.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    damage = (MatReadError, *_DAMAGE)
    try:
        content = loadmat(path, variable_names=("gnd", "imlist", "qimlist", "qidx"))
        images = _names(content["imlist"])
        if "qimlist" in content:
            asked = _names(content["qimlist"])
        else:
            asked = [images[int(number) - 1] for number in content["qidx"].ravel()]
        rows = content["gnd"].ravel()
        fields = ("easy", "hard", "junk") if "easy" in rows.dtype.names else ("ok", "junk")
        queries = [
            _mat_query(image, row, fields, images) for image, row in zip(asked, rows, strict=True)
        ]
    except FileNotFoundError:
        raise UsageError(f"There is no ground truth {path}.") from None
    except damage as error:
        raise AehashError(
            f"{path} cannot be read as the ground truth of Oxford or Paris ({error}): fetch it "
            "again."
        ) from None
    return _checked(queries, tuple(images), path)


def _mat_query(image: str, row: Any, fields: Sequence[str], images: list[str]) -> LandmarkQuery:
    lists = {}
    for field in fields:
        numbers = [int(number) for number in row[field].ravel()]
        if min(numbers, default=1) < 1:
            raise IndexError(f"an image's number is {min(numbers)}")
        name = "relevant" if field == "ok" else field
        lists[name] = _distinct([images[number - 1] for number in numbers])
    return LandmarkQuery(image, _box([float(edge) for edge in row["bbx"].ravel()]), lists)


def _names(cells: Any) -> list[str]:
    return [str(cell.item()) for cell in cells.ravel()]


def _box(numbers: Sequence[float]) -> Box:
    left, top, right, bottom = numbers
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"a box of {numbers}")
    return left, top, right, bottom


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _checked(
    queries: list[LandmarkQuery], images: tuple[str, ...] | None, place: Path
) -> GroundTruth:
    """Refuse what could not be judged: no queries, one twice, an image that is two things."""
    if not queries:
        raise AehashError(f"{place} has no queries.")
    seen: set[str] = set()
    for query in queries:
        names = [name for part in query.lists.values() for name in part]
        if twice := next((name for name in sorted(names) if names.count(name) > 1), None):
            raise AehashError(
                f"In {place} the image {twice} is on two lists of the query {query.image}: it can "
                "be of one kind only."
            )
        if query.image in seen:
            raise AehashError(f"{place} has two queries on the image {query.image}.")
        seen.add(query.image)
    return GroundTruth(tuple(queries), images)


def _written(box: Box) -> str:
    return "({})".format(", ".join(f"{edge:g}" for edge in box))

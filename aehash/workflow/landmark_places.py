"""Where the images and the ground truth of the Oxford and Paris protocols are."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from aehash import registry
from aehash.errors import UsageError
from aehash.metrics.protocols import NamedProtocol

_IMAGES = "jpg"
"""The folder that the protocols' own code keeps a set's images in."""
_ENDINGS = (".jpg", ".jpeg", ".png")
_QUERIES = "*_query.txt"
_VGG = "https://www.robots.ox.ac.uk/~vgg/data"
_REVISITED = "http://cmp.felk.cvut.cz/revisitop"
#: The older sets, whose images the revisited ones share.
_SHARED: Mapping[str, str] = {"roxford5k": "oxford5k", "rparis6k": "paris6k"}
_PAGES = {"oxford5k": f"{_VGG}/oxbuildings", "paris6k": f"{_VGG}/parisbuildings"}


def find_images(named: NamedProtocol, given: Path | None) -> Path:
    """Find the folder of a protocol's images.

    Args:
        named: The protocol.
        given: The folder, where it was named; else it is looked for by the protocol's name in
            ``$AEHASH_DATA`` and the user's cache.

    Returns:
        The folder ``jpg`` in it, or the folder itself where there is none.

    Raises:
        UsageError: There is none.
    """
    if given is not None:
        if not given.is_dir():
            raise UsageError(
                f"--images {given} is no folder: name the one that holds the images of "
                f"{named.name}."
            )
        return _inside(given)
    places = [folder / name for folder in registry.data_folders() for name in _names(named.name)]
    for place in places:
        if _has_images(place):
            return _inside(place)
    (data,) = named.data
    own = _names(named.name)[-1]
    looked = ", ".join(str(place) for place in places)
    raise UsageError(
        f"Protocol {named.name} needs its own images, {data.n_database:,} of the database and "
        f"{data.n_queries} of the queries, which are no part of this project. Looked in {looked}. "
        f"Fetch them from {_PAGES[own]} and put them into the folder {own} (flat, or in jpg/) of "
        "$AEHASH_DATA, or name their folder with --images. Or judge codebooks of them, with "
        "--database and --queries."
    )


def find_ground_truth(named: NamedProtocol, given: Path | None, images: Path | None) -> Path:
    """Find the ground truth of a protocol.

    Args:
        named: The protocol.
        given: The file or folder, where it was named.
        images: The folder of the images, where they were found; the ground truth is looked for
            beside them, then in ``$AEHASH_DATA`` and the user's cache. A .mat file goes before
            text files.

    Returns:
        A .mat file, or a folder of text files.

    Raises:
        UsageError: There is none.
    """
    texts = "" if named.name in _SHARED else ", or the folder of the text files"
    if given is not None:
        return given
    if images is None:
        raise UsageError(
            f"Protocol {named.name} needs its ground truth: give --ground-truth with "
            f"gnd_{named.name}.mat{texts}."
        )
    places = list(dict.fromkeys(_beside(named.name, images)))
    mats = (place / f"gnd_{named.name}.mat" for place in places)
    found = next((path for path in mats if path.is_file()), None)
    if found is None and named.name not in _SHARED:
        found = next((place for place in places if any(place.glob(_QUERIES))), None)
    if found is not None:
        return found
    own = "" if named.name in _SHARED else f", or the text files from {_PAGES[named.name]}"
    raise UsageError(
        f"Protocol {named.name} needs its ground truth. There is no gnd_{named.name}.mat"
        f"{' and are no text files' if texts else ''} in {', '.join(map(str, places))}. Fetch "
        f"gnd_{named.name}.mat from {_REVISITED}{own}, put it beside the images, or give "
        "--ground-truth."
    )


def _names(name: str) -> list[str]:
    return [name, *([_SHARED[name]] if name in _SHARED else [])]


def _inside(folder: Path) -> Path:
    return folder / _IMAGES if (folder / _IMAGES).is_dir() else folder


def _has_images(folder: Path) -> bool:
    """Tell a folder of images from one that is not there or holds the ground truth only."""
    return any(path.suffix.lower() in _ENDINGS for path in folder.rglob("*"))


def _beside(name: str, images: Path) -> Iterator[Path]:
    """Name the folders that may hold the ground truth, the nearest first."""
    root = images.parent if images.name == _IMAGES else images
    data = [folder / each for folder in registry.data_folders() for each in _names(name)]
    for place in (root, *data):
        if place.is_dir():
            yield place
            yield from sorted(each for each in place.iterdir() if _may_hold(each))
    yield from (folder for folder in registry.data_folders() if folder.is_dir())


def _may_hold(path: Path) -> bool:
    return path.is_dir() and path.name != _IMAGES and not path.name.startswith(".")

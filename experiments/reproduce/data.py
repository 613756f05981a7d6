"""Which data an entry is measured on: the paper's own where it is at hand, else a stand-in."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aehash import registry
from aehash.errors import AehashError
from aehash.experiments.reproduce.entry import Job
from aehash.files import atomic_folder

#: MobileNet 0.75's ImageNet weights, under the names that Keras and their publishers give the file.
_MOBILENET = (
    "mobilenet_v1_0.75_224_imagenet_notop.weights.h5",
    "mobilenet_7_5_224_tf_no_top.h5",
)


class MissingError(AehashError):
    """Data that is not at hand; the sentence names the files and where they go."""


@dataclass(frozen=True)
class Choice:
    """What an entry is measured on.

    Attributes:
        spec: A catalogue name or a path, as data sets are opened.
        own: Whether it is what the paper measured.
        title: What a sentence calls it.
    """

    spec: str
    own: bool
    title: str

    def obstacle(self, meant: str) -> str:
        """Say why numbers are not to be compared; nothing where they are."""
        return "" if self.own else f"measured on {self.title} in place of {meant}"


def choose(job: Job, own: str, stand_ins: Sequence[str] = (), needs: str = "") -> Choice:
    """Choose what an entry is measured on.

    Args:
        job: What was asked for; its ``data`` goes before all.
        own: The catalogue name of the paper's data; empty where it has none.
        stand_ins: Catalogue names, and names of files and folders in the data folders, to be
            taken in this order where the paper's is not at hand; not with ``--full``.
        needs: What is missing where nothing is at hand, in a sentence.

    Returns:
        The choice.

    Raises:
        MissingError: Nothing is at hand.
    """
    if job.data is not None:
        title = Path(job.data).name if "/" in job.data else job.data
        same = bool(own) and registry.dataset_name(job.data) == registry.dataset_name(own)
        return Choice(job.data, same, title)
    if own and _can_be_had(own, fetch=job.size != "fast"):
        return Choice(own, own=True, title=own)
    for name in stand_ins if job.size != "full" else ():
        spec = _at_hand(name, job)
        if spec is not None:
            return Choice(spec, own=False, title=name)
    raise MissingError(needs or _needs(own))


def at_hand(name: str) -> Path | None:
    """Look for a file or folder in ``$AEHASH_DATA`` and the user's cache."""
    places = (folder / name for folder in registry.data_folders())
    return next((place for place in places if place.exists()), None)


def mobilenet(job: Job) -> str | None:
    """Find MobileNet's weights.

    Args:
        job: What was asked for; its ``weights`` go before all.

    Returns:
        A path or ``imagenet``; None where there are none, or where none were wanted.
    """
    if job.weights is not None:
        return None if job.weights == "none" else job.weights
    keras = Path.home() / ".keras" / "models"
    found = (at_hand(name) or keras / name for name in _MOBILENET)
    return next((str(path) for path in found if path.is_file()), None)


def _needs(own: str) -> str:
    info = registry.dataset_info(own)
    return f"needs {info.filename} in $AEHASH_DATA or the cache: fetch it from {info.url}"


def _can_be_had(name: str, *, fetch: bool) -> bool:
    if registry.at_hand(name):
        return True
    if not fetch:
        return False
    try:
        registry.open_dataset(name)
    except AehashError:
        return False
    return True


def _at_hand(name: str, job: Job) -> str | None:
    if name in registry.dataset_infos():
        return name if registry.at_hand(name) else None
    place = at_hand(name)
    if place is not None:
        return str(place)
    packed = at_hand(f"{Path(name).parts[0]}.zip")
    return None if packed is None else str(_unpacked(packed, job) / Path(*Path(name).parts[1:]))


def _unpacked(packed: Path, job: Job) -> Path:
    """Unpack a folder beside the nets, once."""
    target = job.work.parent / "data" / packed.stem
    if not target.is_dir():
        with atomic_folder(target) as aside, zipfile.ZipFile(packed) as archive:
            archive.extractall(aside)
    inside = list(target.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else target

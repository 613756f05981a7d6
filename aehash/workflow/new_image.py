"""A new image, hashed as a codebook's own were: by its net or its pixels, then its stages."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aehash.bits import pack, threshold
from aehash.codebook import Codebook
from aehash.codebook_stages import DESCRIBE, LAYER, kept_file, stages_of
from aehash.errors import AehashError
from aehash.hashing import Binariser
from aehash.snapshot import Snapshot
from aehash.whitening import Whitening
from aehash.workflow.books import snapshot_of
from aehash.workflow.pixels import PIXELS, pixel_features

if TYPE_CHECKING:
    from aehash.generators.sizes import Size


class Hashed(NamedTuple):
    """An image and what became of it.

    Attributes:
        image: (height, width, channels) uint8, as the net saw it.
        feature: (d,) float32.
        code: (bytes,) packed uint8.
    """

    image: NDArray[np.uint8]
    feature: NDArray[np.float32]
    code: NDArray[np.uint8]


def hash_image(
    name: str, path: Path, frame: int, folder: Path, book: Codebook, runs: Path
) -> Hashed:
    """Hash an image for a codebook.

    Args:
        name: What to call the image in an error.
        path: Its file.
        frame: Of a DICOM file, from 1.
        folder: The codebook's.
        book: The codebook, whose stages are gone through.
        runs: Where the run that made it may be.

    Returns:
        The image, its feature and its code.

    Raises:
        UsageError: The image is too small for the encoder.
        AehashError: The file is no image or has no descriptor, the run is not there, or the
            codebook does not keep what its stages have learned.
    """
    stages = stages_of(book.manifest)
    first = stages[0] if stages and stages[0].get("name") in (DESCRIBE, LAYER, PIXELS) else {}
    learned = [_load(folder, stage) for stage in stages[1 if first else 0 :]]
    if first.get("name") == PIXELS:
        size, channels = int(first["image_size"]), int(first["channels"])
        image = _pixels(name, path, frame, book.source or "", channels, size)
        feature = pixel_features(image[None])
    else:
        snapshot = snapshot_of(folder, book, runs)
        make = _described if snapshot.recipe.describes else _encoded
        image, feature = make(name, path, frame, snapshot, first)
    code = pack(threshold(feature))
    for stage in learned:
        if isinstance(stage, Whitening):
            feature = stage.apply(feature)
            code = pack(threshold(feature))
        else:
            code = stage.packed(feature)
    return Hashed(image, feature[0], code[0])


def _load(folder: Path, stage: Mapping[str, Any]) -> Whitening | Binariser:
    """Read what a stage has learned."""
    path = kept_file(folder, stage)
    kinds: dict[object, Any] = {"whitening": Whitening, "binariser": Binariser}
    if stage.get("name") not in kinds:
        raise AehashError(
            f"{folder} has a stage {stage.get('name')!r}, which this aehash does not know: read "
            "it with the aehash that made it."
        )
    found: Whitening | Binariser = kinds[stage["name"]].load(path)
    if found.digest != stage.get("digest"):
        raise AehashError(
            f"{path} is not the stage that the codebook's manifest names: copy the codebook "
            "again, or make it again."
        )
    return found


def _described(
    name: str, path: Path, frame: int, snapshot: Snapshot, other: Mapping[str, Any]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    from aehash.describing import Describing
    from aehash.descriptor_net import Unfit
    from aehash.generators.sizes import Longest

    how = Describing.of(snapshot, other.get("longest"), other.get("scales"))
    data = snapshot.recipe.data
    image = _pixels(name, path, frame, data.name, data.channels, Longest(how.longest))
    try:
        return image, how.features(snapshot.model(), [image])
    except Unfit as error:
        raise type(error)(
            name,
            f"{name} cannot be described: {error.reason}. Search by another picture, or in a "
            "codebook that was described at fewer scales (aehash extract --scales 1).",
            error.reason,
        ) from error


def _encoded(
    name: str, path: Path, frame: int, snapshot: Snapshot, other: Mapping[str, Any]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    from aehash import models

    data = snapshot.recipe.data
    image = _pixels(name, path, frame, data.name, data.channels, data.image_size)
    net = models.encoder(snapshot.model(), other.get("layer"))
    outputs: Any = net(image[None].astype(np.float32), training=False)
    from keras import ops

    return image, np.asarray(ops.convert_to_numpy(outputs), np.float32)


def _pixels(
    name: str, path: Path, frame: int, source: str, channels: int | None, size: "Size"
) -> NDArray[np.uint8]:
    from aehash.generators.file_options import split_spec
    from aehash.generators.images import decode

    asked = split_spec(source)[1]
    return decode(
        path,
        image_size=size,
        channels=1 if channels == 1 else 3,
        key=name,
        frame=frame,
        depth=asked.depth,
        burned=asked.burned,
    )

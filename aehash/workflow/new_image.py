"""An image that no codebook has yet, hashed as a codebook's own images were: net, then stages."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aehash.bits import pack, threshold
from aehash.codebook import Codebook
from aehash.codebook_stages import DESCRIBE, kept_file, stages_of
from aehash.errors import AehashError
from aehash.hashing import Binariser
from aehash.snapshot import Snapshot
from aehash.whitening import Whitening
from aehash.workflow.books import snapshot_of

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
        AehashError: The file is no image, the run is not there, or the codebook does not keep
            what its stages have learned.
    """
    stages = stages_of(book.manifest)
    learned = [(stage, _load(folder, stage)) for stage in stages if stage.get("name") != DESCRIBE]
    snapshot = snapshot_of(folder, book, runs)
    if snapshot.recipe.describes:
        image, feature = _described(name, path, frame, snapshot, stages)
    else:
        image, feature = _encoded(name, path, frame, snapshot)
    code = pack(threshold(feature))
    for _, stage in learned:
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
    name: str, path: Path, frame: int, snapshot: Snapshot, stages: list[dict[str, Any]]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    from aehash.describing import Describing
    from aehash.generators.sizes import Longest

    other = next((stage for stage in stages if stage.get("name") == DESCRIBE), {})
    how = Describing.of(snapshot, other.get("longest"), other.get("scales"))
    image = _pixels(name, path, frame, snapshot, Longest(how.longest))
    return image, how.features(snapshot.model(), [image])


def _encoded(
    name: str, path: Path, frame: int, snapshot: Snapshot
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    from aehash import models

    image = _pixels(name, path, frame, snapshot, snapshot.recipe.data.image_size)
    net = models.encoder(snapshot.model())
    outputs: Any = net(image[None].astype(np.float32), training=False)
    from keras import ops

    return image, np.asarray(ops.convert_to_numpy(outputs), np.float32)


def _pixels(
    name: str, path: Path, frame: int, snapshot: Snapshot, size: "Size"
) -> NDArray[np.uint8]:
    from aehash.generators.file_options import split_spec
    from aehash.generators.images import decode

    data = snapshot.recipe.data
    asked = split_spec(data.name)[1]
    return decode(
        path,
        image_size=size,
        channels=1 if data.channels == 1 else 3,
        key=name,
        frame=frame,
        depth=asked.depth,
        burned=asked.burned,
    )

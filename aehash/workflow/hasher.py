"""What hashes new images for a codebook: its net or its pixels, then its stages, read once."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aehash.bits import pack, threshold
from aehash.codebook import Codebook
from aehash.codebook.stages import DESCRIBE, LAYER, kept_file, stages_of
from aehash.errors import AehashError, UsageError
from aehash.hashing import Binariser
from aehash.snapshot import Snapshot
from aehash.whitening import Whitening
from aehash.workflow.books import snapshot_of
from aehash.workflow.pixels import PIXELS, pixel_features

if TYPE_CHECKING:
    import keras

    from aehash.describing import Describing
    from aehash.generators.sizes import Size
    from aehash.generators.uploads import Upload

Image = NDArray[np.uint8]
Features = NDArray[np.float32]

_SMALL = 224
"""A picture's side that any net takes which describes pictures of all sizes."""


class Hashed(NamedTuple):
    """An image and what became of it.

    Attributes:
        image: (height, width, channels) uint8, as the net saw it.
        feature: (d,) float32.
        code: (bytes,) packed uint8.
    """

    image: Image
    feature: Features
    code: NDArray[np.uint8]


class Hasher:
    """Hashes new images as a codebook's own were.

    Its net is read when it is first needed, or by :meth:`prepare`. One thread at a time may use it.

    Args:
        folder: The codebook's.
        book: The codebook, whose stages are gone through.
        runs: Where the run that made it may be.

    Raises:
        AehashError: The run is not there, or the codebook does not keep what its stages have
            learned.
    """

    def __init__(self, folder: Path, book: Codebook, runs: Path) -> None:
        stages = stages_of(book.manifest)
        first = stages[0] if stages and stages[0].get("name") in (DESCRIBE, LAYER, PIXELS) else {}
        self._first: Mapping[str, Any] = first
        self._learned = [_load(folder, stage) for stage in stages[1 if first else 0 :]]
        self._source = book.source or ""
        raw = first.get("name") == PIXELS
        self.snapshot: Snapshot | None = None if raw else snapshot_of(folder, book, runs)
        self._compiled = False
        self._model: keras.Model | None = None
        self._how: Describing | None = None
        self._encode: Callable[[Features], Features] | None = None
        self._decode: Callable[[Features], Features] | None = None

    @property
    def name(self) -> str:
        """What makes the features: the name of the recipe's net, or ``pixels``."""
        return PIXELS if self.snapshot is None else self.snapshot.recipe.model.name

    @property
    def channels(self) -> int:
        """Channels of an image as the net takes it, 1 or 3."""
        if self.snapshot is None:
            return int(self._first["channels"])
        return 1 if self.snapshot.recipe.data.channels == 1 else 3

    @property
    def size(self) -> "Size":
        """The size of an image as the net takes it: a square's side, or a longest side."""
        from aehash.generators.sizes import Longest

        if self.snapshot is None:
            return int(self._first["image_size"])
        if self.snapshot.recipe.describes:
            return Longest(self._describing(self.snapshot).longest)
        return self.snapshot.recipe.data.image_size

    @property
    def reconstructs(self) -> bool:
        """Whether the net draws images from its features."""
        return self.snapshot is not None and not self.snapshot.recipe.describes

    def prepare(self) -> None:
        """Read the net and compile it, so that no image takes longer than the others.

        Raises:
            AehashError: The net's file is missing or damaged.
        """
        if self.snapshot is None:
            return
        self._compiled = True
        side = self.size if isinstance(self.size, int) else _SMALL
        random = np.random.default_rng(0)  # an even picture has no descriptor
        self.hash("noise", random.integers(0, 256, (side, side, self.channels), np.uint8))

    def read(self, name: str, file: "Path | IO[bytes]", frame: int = 1) -> Image:
        """Decode an image as the net takes it.

        Args:
            name: What to call the image in an error.
            file: Its path, or an open binary file.
            frame: Of a DICOM file, from 1.

        Returns:
            (height, width, channels).

        Raises:
            AehashError: The file is no image.
        """
        from aehash.generators.file_options import split_spec
        from aehash.generators.images import decode

        asked = split_spec(self._source)[1]
        return decode(
            file,
            image_size=self.size,
            channels=self.channels,
            key=name,
            frame=frame,
            depth=asked.depth,
            burned=asked.burned,
        )

    def take(
        self, upload: "Upload", crop: tuple[float, float, float, float] | None = None
    ) -> Image:
        """Decode an uploaded picture, or a part of it, as the net takes it.

        Args:
            upload: The picture.
            crop: Left, top, width and height as parts of the upright picture; None for all.

        Returns:
            (height, width, channels).

        Raises:
            UsageError: The crop is empty or reaches outside.
            AehashError: The file is damaged.
        """
        from aehash.generators.file_options import split_spec

        depth = split_spec(self._source)[1].depth
        return upload.pixels(self.size, self.channels, crop, depth=depth)

    def hash(self, name: str, image: Image) -> Hashed:
        """Hash an image.

        Args:
            name: What to call it in an error.
            image: As :meth:`read` gives it.

        Returns:
            The image, its feature and its code.

        Raises:
            UsageError: The image is too small for the encoder.
            AehashError: It has no descriptor.
        """
        if self.snapshot is None:
            feature = pixel_features(image[None])
        elif self.snapshot.recipe.describes:
            feature = self._described(self.snapshot, name, image)
        else:
            feature = self._encoded(self.snapshot, image)
        code = pack(threshold(feature))
        for stage in self._learned:
            if isinstance(stage, Whitening):
                feature = stage.apply(feature)
                code = pack(threshold(feature))
            else:
                code = stage.packed(feature)
        return Hashed(image, feature[0], code[0])

    def reconstruct(self, image: Image) -> Image:
        """Draw an image again from what the net keeps of it.

        Args:
            image: As :meth:`read` gives it.

        Returns:
            Of the same shape.

        Raises:
            UsageError: Nothing can be drawn: there is no net, or it only describes.
        """
        if self.snapshot is None or not self.reconstructs:
            raise UsageError(
                f"The codebook's features come from {self.name}, which has no decoder, so nothing "
                "can be drawn from them. Take a codebook of an autoencoder, such as vinitha2021."
            )
        if self._decode is None:
            self._decode = _through(self._read(self.snapshot), self._compiled)
        drawn = self._decode(image[None].astype(np.float32))
        return np.asarray(np.clip(np.rint(drawn[0] * 255), 0, 255), np.uint8)

    def _read(self, snapshot: Snapshot) -> "keras.Model":
        if self._model is None:
            self._model = snapshot.model()
        return self._model

    def _describing(self, snapshot: Snapshot) -> "Describing":
        from aehash.describing import Describing

        if self._how is None:
            other = self._first
            self._how = Describing.of(snapshot, other.get("longest"), other.get("scales"))
        return self._how

    def _described(self, snapshot: Snapshot, name: str, image: Image) -> Features:
        from aehash.descriptor_net import Unfit

        try:
            return self._describing(snapshot).features(self._read(snapshot), [image])
        except Unfit as error:
            raise type(error)(
                name,
                f"{name} cannot be described: {error.reason}. Search by another picture, or in a "
                "codebook that was described at fewer scales (aehash extract --scales 1).",
                error.reason,
            ) from error

    def _encoded(self, snapshot: Snapshot, image: Image) -> Features:
        from aehash import models

        if self._encode is None:
            net = models.encoder(self._read(snapshot), self._first.get("layer"))
            self._encode = _through(net, self._compiled)
        return self._encode(image[None].astype(np.float32))


def _through(net: "keras.Model", compiled: bool) -> Callable[[Features], Features]:
    """Give the way of an image through a net; compiling pays for more than a few."""
    from keras import ops

    from aehash.passes import forward

    if compiled:
        ways = forward(net)
        return lambda images: np.asarray(ways(images)[0], np.float32)

    def eager(images: Features) -> Features:
        return np.asarray(ops.convert_to_numpy(net(images, training=False)), np.float32)

    return eager


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

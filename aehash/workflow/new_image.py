"""A new image, hashed as a codebook's own were: by its net or its pixels, then its stages."""

from pathlib import Path

from aehash.codebook import Codebook
from aehash.workflow.hasher import Hashed, Hasher

__all__ = ["Hashed", "hash_image"]


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
    hasher = Hasher(folder, book, runs)
    return hasher.hash(name, hasher.read(name, path, frame))

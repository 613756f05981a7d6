"""The file names of a JSON index, none of which leads out of the images' folder."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from aehash.codebook.arrays import encode_key
from aehash.codebook.files import NpyWriter
from aehash.errors import UsageError
from aehash.json_index.columns import Column

#: Bytes of a file's name at most, as of a path on Linux.
MAX_KEY = 4096
_BLOCK = 4096
_DRIVE = re.compile(r"[A-Za-z]:")


class KeyColumn(Column):
    """The images' file names; in memory until the end, since the longest decides the width."""

    what = "file name"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._block: list[bytes] = []
        self._blocks: list[bytes] = []
        self._width = 1

    def take(self, value: Any) -> None:
        """Check a name, which later finds an image below the data's root, and keep it."""
        reason = why_not_key(value)
        if reason is not None:
            raise self.fault(reason)
        self._block.append(encode_key(value))
        if len(self._block) >= _BLOCK:
            self._flush()

    def _flush(self) -> None:
        if self._block:
            self._width = max(self._width, max(map(len, self._block)))
            self._blocks.append(b"\0".join(self._block))
            self._block = []

    def write(self, path: Path) -> dict[str, Any]:
        """Write the keys.

        Args:
            path: The ``.npy`` file to make.

        Returns:
            Its entry for the manifest.
        """
        self._flush()
        dtype = np.dtype(f"S{self._width}")
        with NpyWriter(path, (self.rows,), dtype) as writer:
            for block in self._blocks:
                writer.append(np.array(block.split(b"\0"), dtype))
            return writer.close()


def why_not_key(key: Any) -> str | None:
    """Say why a name cannot be an image's in an index.

    Args:
        key: The name.

    Returns:
        What is wrong, beginning with a verb; None where nothing is.
    """
    if not isinstance(key, str):
        return f"has the file name {key!r}, which is not text."
    try:
        size = len(encode_key(key))
    except UsageError as error:
        return f"has a file name that cannot be one: {error}"
    if size > MAX_KEY:
        return f"has a file name of {size:,} bytes, and {MAX_KEY:,} is the most."
    parts = key.replace("\\", "/").split("/")
    if ".." in parts or not parts[0] or _DRIVE.match(key):
        return (
            f"has the file name {key!r}, which leaves the folder of the images: names are "
            "relative to it, without '..', a leading slash or a drive letter."
        )
    return None

"""How images arrive: the catalogue of data sets, one reader and one batch source per format.

Installed as ``aehash.generators``. Importing it does not start Keras; only the names of
:mod:`aehash.generators.source` do, when first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if __name__ != "aehash.generators":
    raise ImportError(
        f"This folder is installed as aehash.generators and was imported as {__name__!r}, "
        "which would make a second copy of every class. Write `import aehash.generators`."
    )

if TYPE_CHECKING:
    from aehash.generators.ahead import prefetch, write_skipped
    from aehash.generators.augment import Augment
    from aehash.generators.catalogue import CATALOGUE, DatasetInfo
    from aehash.generators.dataset import Dataset
    from aehash.generators.fetch import locate
    from aehash.generators.images import UnreadableImage, decode
    from aehash.generators.readers import open_dataset
    from aehash.generators.source import (
        ArraySource,
        BatchSource,
        FileSource,
        H5Source,
        batches,
    )
    from aehash.generators.splits import read_split, write_split

__all__ = [
    "CATALOGUE",
    "ArraySource",
    "Augment",
    "BatchSource",
    "Dataset",
    "DatasetInfo",
    "FileSource",
    "H5Source",
    "UnreadableImage",
    "batches",
    "decode",
    "locate",
    "open_dataset",
    "prefetch",
    "read_split",
    "write_skipped",
    "write_split",
]

_HOMES = {
    "ahead": ("prefetch", "write_skipped"),
    "augment": ("Augment",),
    "catalogue": ("CATALOGUE", "DatasetInfo"),
    "dataset": ("Dataset",),
    "fetch": ("locate",),
    "images": ("UnreadableImage", "decode"),
    "readers": ("open_dataset",),
    "source": (
        "ArraySource",
        "BatchSource",
        "FileSource",
        "H5Source",
        "batches",
    ),
    "splits": ("read_split", "write_split"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name from its module on first use."""
    if name in _HOME:
        return getattr(importlib.import_module(f"aehash.generators.{_HOME[name]}"), name)
    raise AttributeError(f"module 'aehash.generators' has no attribute {name!r}")

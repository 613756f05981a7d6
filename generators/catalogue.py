"""The data sets known by name: counts, classes, licence, address, checksum, paper."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from aehash.errors import nearest
from aehash.generators.catalogue_medmnist import MEDMNIST, SIZES
from aehash.generators.class_names import CIFAR10, CIFAR100
from aehash.generators.dataset_info import DatasetInfo as DatasetInfo

_DIGITS = tuple(str(digit) for digit in range(10))
_KRIZHEVSKY = "Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009"

_TABLE = (
    DatasetInfo(
        name="digits",
        title="handwritten digits scanned at 8×8 (comes with scikit-learn)",
        kind="bundled",
        counts={"all": 1797},
        classes=_DIGITS,
        image_size=8,
        channels=1,
        licence="CC BY 4.0",
        citation="Alpaydin & Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998, "
        "doi:10.24432/C50P49",
    ),
    DatasetInfo(
        name="mnist",
        title="handwritten digits",
        kind="npz",
        counts={"train": 60_000, "test": 10_000},
        classes=_DIGITS,
        image_size=28,
        channels=1,
        licence="CC BY-SA 3.0",
        citation="LeCun et al., Gradient-Based Learning Applied to Document Recognition, "
        "Proc. IEEE 86(11), 1998, doi:10.1109/5.726791",
        url="https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
        filename="mnist.npz",
        bytes=11_490_434,
        checksum="sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    ),
    DatasetInfo(
        name="cifar10",
        title="small photographs of ten kinds of things",
        kind="cifar-binary",
        counts={"train": 50_000, "test": 10_000},
        classes=CIFAR10,
        image_size=32,
        channels=3,
        licence="none stated; research use",
        citation=_KRIZHEVSKY,
        url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        filename="cifar-10-binary.tar.gz",
        bytes=170_052_171,
        checksum="md5:c32a1d4ab5d03f1284b67883e8d87530",
    ),
    DatasetInfo(
        name="cifar100",
        title="small photographs of a hundred kinds of things (fine labels)",
        kind="cifar-binary",
        counts={"train": 50_000, "test": 10_000},
        classes=CIFAR100,
        image_size=32,
        channels=3,
        licence="none stated; research use",
        citation=_KRIZHEVSKY,
        url="https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
        filename="cifar-100-binary.tar.gz",
        bytes=168_513_733,
        checksum="md5:03b5dce01913d631647c71ecec9e9cb8",
    ),
    *MEDMNIST,
)

CATALOGUE: Mapping[str, DatasetInfo] = MappingProxyType({info.name: info for info in _TABLE})
"""Every data set that can be opened by name, in the order they are listed."""

_SIZED = re.compile(r"(.+?)[:_ -]?(\d+)?")


def known(text: str) -> DatasetInfo | None:
    """Find a data set by its name, in any spelling that can mean only one.

    The sizes of a set are named as their files are, ``pathmnist_64``; ``pathmnist:64``,
    ``PathMNIST-64`` and, for the smallest, ``pathmnist:28`` mean the same.

    Args:
        text: What was given.

    Returns:
        The entry, or None where there is none.
    """
    if text in CATALOGUE:
        return CATALOGUE[text]
    match = _SIZED.fullmatch(text.lower())
    if match is None:
        return None
    name, size = match.groups()
    if size is None or text.lower() in CATALOGUE:
        return CATALOGUE.get(text.lower())
    base = CATALOGUE.get(name)
    if base is None or not base.family:
        return None
    return base if int(size) == base.image_size else CATALOGUE.get(f"{name}_{int(size)}")


def families() -> list[str]:
    """Name the data sets, each once whatever its sizes.

    Returns:
        Names of :data:`CATALOGUE`, in its order.
    """
    return [name for name, info in CATALOGUE.items() if info.family in ("", name)]


def suggestion(text: str) -> str:
    """Say which data set was perhaps meant, as :func:`aehash.errors.nearest` does.

    Args:
        text: What was given, and is not known.

    Returns:
        A sentence that begins with a space.
    """
    match = _SIZED.fullmatch(text.lower())
    name = match.group(1) if match else text
    base = CATALOGUE.get(name)
    sizes = ", ".join(str(size) for size in SIZES)
    if base is not None and base.family:
        return f" {name} comes at {sizes} pixels: {name}, {name}_{SIZES[1]} …"
    return f"{nearest(name, families())} MedMNIST's come at {sizes} pixels: pathmnist_64."

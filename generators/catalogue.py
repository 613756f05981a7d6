"""The data sets known by name: counts, classes, licence, address, checksum, paper."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from aehash.generators.class_names import CIFAR10, CIFAR100

Kind = Literal["bundled", "npz", "cifar-binary"]


@dataclass(frozen=True, kw_only=True)
class DatasetInfo:
    """What is known of a named data set before it is opened.

    Attributes:
        name: The name it is opened by.
        title: What it shows, in a line.
        kind: ``bundled`` (comes with scikit-learn), ``npz``, or ``cifar-binary`` (a tarball).
        counts: Images per official split, or ``{"all": n}`` where there is none.
        classes: The class names, in the order of the labels.
        image_size: Side of the square images in pixels.
        channels: 1 or 3.
        licence: Under which terms it may be used.
        citation: The paper or the source to cite.
        url: The official address; empty for a bundled set.
        filename: The file's name in a data folder; empty for a bundled set.
        bytes: Size of the official file; 0 for a bundled set.
        checksum: ``sha256:…`` or ``md5:…`` of the official file; empty for a bundled set.
        multi_label: Whether an image may have several labels.
    """

    name: str
    title: str
    kind: Kind
    counts: Mapping[str, int]
    classes: tuple[str, ...]
    image_size: int
    channels: Literal[1, 3]
    licence: str
    citation: str
    url: str = ""
    filename: str = ""
    bytes: int = 0
    checksum: str = ""
    multi_label: bool = False


def _medmnist(name: str) -> str:
    return f"https://zenodo.org/records/10519652/files/{name}.npz?download=1"


_DIGITS = tuple(str(digit) for digit in range(10))
_MEDMNIST = "Yang et al., MedMNIST v2, Scientific Data 10:41, 2023, doi:10.1038/s41597-022-01721-8"
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
        name="retinamnist",
        title="fundus photographs, five grades of diabetic retinopathy",
        kind="npz",
        counts={"train": 1_080, "val": 120, "test": 400},
        classes=("grade 0", "grade 1", "grade 2", "grade 3", "grade 4"),
        image_size=28,
        channels=3,
        licence="CC BY 4.0",
        citation=_MEDMNIST,
        url=_medmnist("retinamnist"),
        filename="retinamnist.npz",
        bytes=3_291_041,
        checksum="md5:bd4c0672f1bba3e3a89f0e4e876791e4",
    ),
    DatasetInfo(
        name="pneumoniamnist",
        title="chest X-rays of children, normal or pneumonia",
        kind="npz",
        counts={"train": 4_708, "val": 524, "test": 624},
        classes=("normal", "pneumonia"),
        image_size=28,
        channels=1,
        licence="CC BY 4.0",
        citation=_MEDMNIST,
        url=_medmnist("pneumoniamnist"),
        filename="pneumoniamnist.npz",
        bytes=4_170_669,
        checksum="md5:28209eda62fecd6e6a2d98b1501bb15f",
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
)

CATALOGUE: Mapping[str, DatasetInfo] = MappingProxyType({info.name: info for info in _TABLE})
"""Every data set that can be opened by name, in the order they are listed."""

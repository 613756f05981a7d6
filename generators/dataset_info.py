"""What is known of a named data set before it is opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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
        bytes: Size of the official file; 0 where it is not known, or for a bundled set.
        checksum: ``sha256:…`` or ``md5:…`` of the official file; empty for a bundled set.
        multi_label: Whether an image may have several labels, or none.
        family: The name that all sizes of the set share; empty where it has one size.
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
    family: str = ""

    @property
    def pixels(self) -> int:
        """Bytes of all its images, unpacked."""
        return sum(self.counts.values()) * self.image_size**2 * self.channels

    @property
    def size_text(self) -> str:
        """How large the file is; where that is not known, the bytes of its images at most."""
        if self.bytes:
            return f"{self.bytes / 1e6:.1f} MB"
        return f"up to {self.pixels / 1e6:,.0f} MB"

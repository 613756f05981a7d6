"""How large the inputs are: as reported, for a quick look, and in full."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Scale:
    """Sizes of the inputs.

    Attributes:
        pairs: Pairs of runs measured after one pair to warm up.
        images: Images in memory to extract from.
        training: Images of a training epoch, at each batch size; a multiple of them.
        batch_sizes: Of training.
        photos: JPEG files to decode.
        folders: Images in the folders whose memory is compared.
        h5: Images in the .h5 files whose memory is compared.
    """

    name: str
    pairs: int = 7
    images: int = 20_000
    training: int = 4096
    batch_sizes: tuple[int, ...] = (32, 128)
    photos: int = 1000
    folders: tuple[int, ...] = (1000, 20_000)
    h5: tuple[int, ...] = (10_000, 200_000)
    seed: int = field(default=0)


NORMAL = Scale("normal")
FULL = Scale("full", folders=(1000, 20_000, 100_000))
QUICK = Scale(
    "quick",
    pairs=3,
    images=2000,
    training=256,
    photos=60,
    folders=(100, 300),
    h5=(200, 1000),
)

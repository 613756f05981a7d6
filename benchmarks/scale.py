"""How large the inputs are: as reported, for a quick look, and in full."""

from dataclasses import dataclass, field

from benchmarks.contest import Box


@dataclass(frozen=True)
class Scale:
    """Sizes of the inputs.

    Attributes:
        pairs: Pairs of runs measured after one pair to warm up.
        images: Images in memory to extract from.
        training: Images of a training epoch, at each batch size; a multiple of them.
        batch_sizes: Of training.
        photos: JPEG files to decode.
        described: Images of 362 pixels to describe.
        folders: Images in the folders whose memory is compared.
        h5: Images in the .h5 files whose memory is compared.
        bits: Bits of the codes that are searched.
        rows: Codes searched, where one number is enough.
        few_rows: A small database.
        many_rows: A large one, of random codes.
        batch: Queries at once.
        ks: Nearest codes searched for.
        inside: Rows within the radius, about.
        every_cell: Whether to measure the less telling cells as well.
        judged: Queries and database items of an evaluation, at most.
        timed: Queries of an evaluation that the peers are timed on.
        box: How long a cell of a search is measured.
    """

    name: str
    pairs: int = 7
    images: int = 20_000
    training: int = 4096
    batch_sizes: tuple[int, ...] = (32, 128)
    photos: int = 1000
    described: int = 64
    folders: tuple[int, ...] = (1000, 20_000)
    h5: tuple[int, ...] = (10_000, 200_000)
    seed: int = field(default=0)
    bits: tuple[int, ...] = (64, 128, 256)
    rows: int = 1_000_000
    few_rows: int = 100_000
    many_rows: int = 10_000_000
    batch: int = 256
    ks: tuple[int, ...] = (10, 100, 1000)
    inside: tuple[int, ...] = (0, 100, 10_000, 300_000)
    every_cell: bool = False
    judged: tuple[int, int] = (5000, 117_218)
    timed: int = 50
    box: Box = field(default=Box(least=3, most=9, seconds=2.0))


NORMAL = Scale("normal")
FULL = Scale(
    "full",
    folders=(1000, 20_000, 100_000),
    every_cell=True,
    timed=200,
    box=Box(least=5, most=15, seconds=8.0),
)
QUICK = Scale(
    "quick",
    pairs=3,
    images=2000,
    training=256,
    photos=60,
    described=4,
    folders=(100, 300),
    h5=(200, 1000),
    bits=(64,),
    rows=4000,
    few_rows=2000,
    many_rows=8000,
    batch=32,
    ks=(10,),
    inside=(0, 100),
    judged=(100, 2000),
    timed=5,
    box=Box(least=1, most=1, seconds=0.0),
)

"""Finding codebooks, the run that made one, and the images behind it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aehash import registry
from aehash.codebook import Codebook
from aehash.codebook.files import MANIFEST
from aehash.codebook.stages import origin_of
from aehash.errors import AehashError, UsageError
from aehash.files import read_json
from aehash.snapshot import RUN, SPLIT, Snapshot, latest_run
from aehash.workflow.common import CODES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from aehash.generators.dataset import Dataset
    from aehash.generators.sizes import Size

#: Splits that serve as a database in a search, the fullest first.
DATABASES = ("all", "train")


def latest_codes(run: Path | None, runs: Path, split: str = "") -> Path:
    """Find the folder of codebooks a run extracted last.

    Args:
        run: The run's folder; by default the latest under ``runs``.
        runs: Where runs are kept.
        split: A split that must be there, beside one that serves as a database.

    Returns:
        A folder with a codebook for each split.

    Raises:
        UsageError: The run has no such codes.
    """
    folder = run or latest_run(runs)
    needed = f" with the split {split!r}" if split else ""
    manifests = [
        manifest
        for name in DATABASES
        for manifest in (folder / CODES).glob(f"*/{name}/{MANIFEST}")
        if (manifest.parent.parent / split).is_dir()
    ]
    if not manifests:
        raise UsageError(f"The run {folder} has no codes{needed}; make them with: aehash extract")
    return max(manifests, key=lambda path: path.stat().st_mtime_ns).parent.parent


def database_of(codes: Path, splits: Sequence[str] = DATABASES) -> Path:
    """Choose the codebook to search in a folder of codebooks.

    Args:
        codes: A codebook, or a folder with one for each split.
        splits: Those that may serve, the preferred one first.

    Returns:
        The codebook's folder.

    Raises:
        UsageError: There is none.
    """
    if (codes / MANIFEST).is_file():
        return codes
    found = [codes / name for name in splits if (codes / name / MANIFEST).is_file()]
    if not found:
        raise UsageError(
            f"{codes} holds no codebook, and none in {' or '.join(DATABASES)}; "
            "make one with: aehash extract"
        )
    return found[0]


def snapshot_of(codes: Path, book: Codebook, runs: Path) -> Snapshot:
    """Find the run that made a codebook, or what its stages started from, around it or in ``runs``.

    Args:
        codes: The codebook's folder.
        book: The codebook.
        runs: Where runs are kept.

    Returns:
        The snapshot.

    Raises:
        AehashError: It is not there.
    """
    origin = origin_of(book.manifest)
    places = [*codes.resolve().parents, *(sorted(runs.iterdir()) if runs.is_dir() else [])]
    for place in places:
        if (place / RUN).is_file() and read_json(place / RUN).get("digest") == origin:
            return Snapshot.load(place)
    raise AehashError(
        f"The run that made {codes} is not around it or under {runs}, so a new image cannot be "
        "hashed. Give the folder with --runs, or search by a key of the codebook."
    )


class Pictures:
    """The images behind a codebook's keys, opened when first asked for.

    Args:
        book: Names the data and holds the keys.
        codes: The codebook's folder; the split of the run around it is used where it fits.
        source: Where the data are now, if not where the codebook says.
    """

    def __init__(self, book: Codebook, codes: Path, source: str | None = None) -> None:
        self._dataset = _dataset(book, codes, source or book.source)
        self._rows: dict[bytes, int] = {}
        if self._dataset is not None:
            self._rows = {bytes(key): row for row, key in enumerate(self._dataset.keys)}

    @property
    def there(self) -> bool:
        """Whether the data could be opened."""
        return self._dataset is not None

    def file(self, key: str) -> Path | None:
        """Find the file behind a key.

        Args:
            key: As in the codebook.

        Returns:
            Its path, which need not be there; None where the images do not lie in files.
        """
        from aehash.generators.storage import FileStorage

        row = self._row(key)[0]
        if self._dataset is None or row is None:
            return None
        storage = self._dataset.storage
        if not isinstance(storage, FileStorage):
            return None
        name: str = storage.paths[row].decode("utf-8", "surrogateescape")
        return Path(storage.root) / name

    def image(
        self, key: str, size: "Size" = None, channels: int | None = None
    ) -> "NDArray[np.uint8] | None":
        """Read an image by its key.

        Args:
            key: As in the codebook.
            size: Side of a square, a longest side, or None for the stored size.
            channels: 1, 3, or None for the stored channels.

        Returns:
            (height, width, channels), or None where it cannot be had.
        """
        row, frame = self._row(key)
        if self._dataset is None or row is None:
            return None
        try:
            if frame is None:
                return self._dataset.read(row, size, channels)
            return self._frame(row, frame, size, channels)
        except AehashError:
            return None

    def _row(self, key: str) -> tuple[int | None, int | None]:
        """Find a key's row, and the frame where it names one: data are opened without them."""
        from aehash.generators.dicom_names import split_frame

        row = self._rows.get(key.encode("utf-8", "surrogateescape"))
        if row is not None:
            return row, None
        name, frame = split_frame(key)
        row = self._rows.get(name.encode("utf-8", "surrogateescape"))
        return (None, None) if frame is None else (row, frame)

    def _frame(
        self, row: int, frame: int, size: "Size", channels: int | None
    ) -> "NDArray[np.uint8] | None":
        from aehash.generators.storage import FileStorage

        if self._dataset is None or not isinstance(self._dataset.storage, FileStorage):
            return None
        storage = self._dataset.storage
        return storage.read_frame(row, frame, size, channels or self._dataset.channels)


def _dataset(book: Codebook, codes: Path, place: str | None) -> "Dataset | None":
    from aehash.generators.file_options import first_frames

    if place is None or not registry.at_hand(place):
        return None
    source = first_frames(place)  # not a header of an archive is read for one picture
    places = codes.resolve().parents if source == book.source else ()
    splits = [each / SPLIT for each in places if (each / SPLIT).is_file()]
    for split in [*splits[:1], None]:
        try:
            return registry.open_dataset(source, split_file=split)
        except AehashError:
            continue
    return None

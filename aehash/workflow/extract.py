"""Turn the images of a data set's splits into codebooks."""

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aehash.codebook import Codebook
from aehash.codebook.files import MANIFEST, read_manifest
from aehash.codebook.stages import DESCRIBE, stages_of
from aehash.describing import Describing, check_options
from aehash.files import read_json
from aehash.json_index import INDEX, export_index
from aehash.snapshot import Snapshot, latest_run
from aehash.workflow.alike import UNSIGNED, unsigned
from aehash.workflow.common import CODES, RUNS, SPLITS, Say, run_dataset, silent, slug

if TYPE_CHECKING:
    from aehash.extraction import Extraction, Progress


@dataclass(frozen=True)
class Extracted:
    """The codebooks of one ``extract``, by split."""

    folder: Path
    splits: dict[str, "Extraction"]


def extract(
    run: Path | None = None,
    *,
    runs: Path = RUNS,
    data: str | None = None,
    splits: Iterable[str] = SPLITS,
    out: Path | None = None,
    unpacked: bool = False,
    index: bool = False,
    longest: int | None = None,
    scales: Sequence[float] | None = None,
    say: Say = silent,
    progress: Callable[[str], "Progress | None"] = lambda split: None,
    **options: Any,
) -> Extracted:
    """Extract the codes of a data set's splits.

    Args:
        run: The trained run; by default the latest under ``runs``.
        runs: Where runs are kept.
        data: A catalogue name or path; by default what the run was trained on.
        splits: Of ``train``, ``val``, ``test``, ``all``; those without images are passed over.
        out: Folder for the codebooks; by default ``codes/DATA`` in the run's folder.
        unpacked: Also write the (n, bits) form.
        index: Also write each codebook as a JSON index, in its folder.
        longest: The longest side, for a net that only describes; by default the recipe's.
        scales: The same of the scales.
        say: Takes each line for the user.
        progress: Gives each split a function to report to.
        **options: Of :func:`aehash.extraction.extract`.

    Returns:
        The codebooks.
    """
    from aehash import extraction, models

    snapshot = Snapshot.load(run or latest_run(runs))
    check_options(snapshot, longest, scales)
    dataset = run_dataset(snapshot, data, say)
    how = Describing.of(snapshot, longest, scales) if snapshot.recipe.describes else None
    stages = [] if how is None else list(how.stages)
    folder = out or _place(snapshot.path / CODES / slug(dataset.name), dataset.source, stages)
    say(f"run    {snapshot.path}")
    say(f"data   {dataset.name}")
    if how is not None:
        say(f"images {how.summary}")
    encoder = functools.cache(lambda: models.encoder(snapshot.model()))
    done = {}
    for split in dict.fromkeys(splits):
        if not len(dataset.rows(split)):
            continue
        result = extraction.extract(
            snapshot,
            dataset,
            split,
            folder / split,
            progress=progress(split),
            encoder=encoder,
            longest=longest,
            scales=scales,
            **options,
        )
        if unpacked:
            extraction.write_unpacked(folder / split)
        if index:
            _write_index(folder / split, progress(INDEX))
        done[split] = result
        say(_extraction_line(split, result))
    if how is not None and how.whitening is None and done:
        _say_empty(folder / next(iter(done)), say)
    return Extracted(folder, done)


def _write_index(folder: Path, progress: "Progress | None") -> None:
    """Write a codebook's rows once more, as one file that goes when the codebook is replaced."""
    done, total = 0, read_manifest(folder)["n"]

    def show(rows: int) -> None:
        nonlocal done
        done += rows
        if progress is not None:
            progress(done, total)

    export_index(folder, folder / INDEX, progress=show)


def _place(folder: Path, source: str, stages: list[dict[str, Any]]) -> Path:
    """Find a folder that holds no codes of other data of the same name, or described otherwise."""
    number, place = 1, folder
    while any(
        _is_other(read_json(manifest), source, stages) for manifest in place.glob(f"*/{MANIFEST}")
    ):
        number += 1
        place = folder.with_name(f"{folder.name}-{number}")
    return place


def _is_other(manifest: dict[str, Any], source: str, stages: list[dict[str, Any]]) -> bool:
    described = [
        [stage.get("digest") for stage in each if stage.get("name") == DESCRIBE]
        for each in (stages_of(manifest), stages)
    ]
    return manifest.get("source") != source or described[0] != described[1]


def _say_empty(folder: Path, say: Say) -> None:
    """Say that codes mean nothing where no feature is ever negative, as GeM's are not."""
    if unsigned(Codebook.load(folder, verify="size")):
        say(f"note   {UNSIGNED}")


def _extraction_line(split: str, result: "Extraction") -> str:
    speed = f"{result.images_per_second:,.0f} images/s" if result.images_per_second else "at hand"
    line = f"{split:5s}  {result.rows:,} images → {result.folder} ({speed})"
    if result.skipped:
        line += f"; {result.skipped} left out, listed in {result.folder / 'skipped.csv'}"
    return line

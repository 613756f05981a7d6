"""``aehash extract``."""

from pathlib import Path
from typing import Any

import click

from aehash.cli import options
from aehash.cli.progress import shown


@click.command(short_help="Turn images into codes with a trained run.")
@options.RUN
@options.RUNS
@click.option("--data", help="A name or path as for train.  [default: what the run was trained on]")
@click.option(
    "--split",
    "splits",
    multiple=True,
    type=click.Choice(["train", "val", "test", "all"]),
    help="Which images; repeatable.  [default: train, val and test]",
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the codebooks.")
@click.option("--unpacked", is_flag=True, help="Also write codes as (n, bits) of 0 and 1.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["npy", "json"]),
    default="npy",
    show_default=True,
    help="json also writes each codebook as one file, index.json in its folder.",
)
@click.option("--batch-size", type=click.IntRange(1), default=256, show_default=True)
@click.option(
    "--shard-size",
    type=click.IntRange(1),
    default=8192,
    show_default=True,
    help="Images written at a time; what is written is not done again after a kill.",
)
@click.option(
    "--longest",
    type=click.IntRange(4),
    help="Longest side in pixels, for a net that only describes.  [default: the run's, often 1024]",
)
@click.option(
    "--scales",
    metavar="NUMBERS",
    callback=options.numbers,
    help="Scales that its images are described at, such as 1,0.7071,0.5.  [default: the run's]",
)
@options.WORKERS
@options.THREADS
@options.BACKEND
@options.STRICT
def extract(
    run: Path | None,
    runs: Path,
    data: str | None,
    splits: tuple[str, ...],
    out: Path | None,
    unpacked: bool,
    form: str,
    backend: str | None,
    threads: int | None,
    **rest: Any,
) -> None:
    """Turn images into binary codes with a trained run.

    Each split becomes a codebook: codes.npy, features.npy, labels.npy, keys.npy, manifest.json.
    docs/json-index.md says what --format json writes beside them.

    \b
    Examples:
      aehash extract
      aehash extract --run runs/0001-autohash-digits-128bits --data photos/ --split all
      aehash extract --format json
      aehash extract --longest 362 --scales 1
    """
    from aehash import backend as keras_backend
    from aehash import workflow

    keras_backend.configure(backend, threads)
    result = workflow.extract(
        run,
        runs=runs,
        data=data,
        splits=splits or workflow.SPLITS,
        out=out,
        unpacked=unpacked,
        index=form == "json",
        say=options.say,
        progress=shown,
        **rest,
    )
    if out is not None and {"train", "test"} <= set(result.splits):
        options.say(f"next   aehash evaluate --database {out / 'train'} --queries {out / 'test'}")
    elif "test" in result.splits:
        options.say("next   aehash evaluate" + (f" --run {run}" if run else ""))
    click.echo(result.folder)

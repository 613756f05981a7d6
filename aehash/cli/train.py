"""``aehash train``."""

import sys
from pathlib import Path
from typing import Any

import click

from aehash import registry
from aehash.cli import options
from aehash.errors import UsageError

_RECIPE = (
    "data",
    "bits",
    "encoder",
    "weights",
    "image_size",
    "seed",
    "settings",
    "group_column",
)


@click.command(short_help="Train a hashing autoencoder, or a net that describes.")
@click.option("--bits", type=int, help="Width of the codes, 8 to 1024.  [default: 64]")
@click.option(
    "--data",
    help="A name of `aehash data list`, an image folder, a CSV/TSV list, an .npz or .h5 file, a "
    "list of retrieval-SfM (.pkl) with its ims/ beside it.  [default: the experiment's; digits]",
)
@click.option(
    "--experiment",
    default=registry.DEFAULT,
    show_default=True,
    help="A name of `aehash experiments`.",
)
@click.option("--encoder", help="light, resnet50, mobilenet:0.75, vgg16 …")
@click.option(
    "--weights",
    help="Encoder weights: imagenet, none, or an .h5 file; of resnet50:torch and such also a .pth.",
)
@click.option(
    "--image-size",
    type=int,
    help="Side in pixels; of gem2023 the longest.  [default: the data's, or 64; 362]",
)
@click.option("--seed", type=int, help="Seed of weights, order and augmentation.  [default: 0]")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Change a field of the recipe, such as train.epochs=5; repeatable.",
)
@click.option(
    "--group-column",
    metavar="NAME",
    help="Column of the list, such as patient_id, whose groups stay on one side of the split.",
)
@click.option("--split-file", type=click.Path(path_type=Path), help="Reuse a run's split.json.")
@click.option("--out", type=click.Path(path_type=Path), help="The run's folder.")
@click.option(
    "--resume", type=click.Path(path_type=Path), metavar="RUN", help="Continue a stopped run."
)
@click.option(
    "--checkpoint-every",
    "every",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="Least time between two checkpoints, written after epochs; 0 writes one after each.",
)
@options.RUNS
@options.WORKERS
@options.THREADS
@options.BACKEND
@options.STRICT
@click.option("--quiet", is_flag=True, help="No progress.")
def train(**given: Any) -> None:
    """Train a hashing autoencoder on images, without labels.

    The model gem2023 learns descriptors instead, from images that match: those of one class folder,
    of one value in a list's column `cluster`, or the pairs of a retrieval-SfM list.

    \b
    Examples:
      aehash train --bits 128
      aehash train --data photos/ --bits 64 --set train.epochs=50
      aehash train --data scans/#frames=all   (each frame of DICOM files; docs/medical.md)
      aehash train --data scans.csv --group-column patient_id
      aehash train --data mnist --set augment.rotate=15 --set augment.shift=0.1
      aehash train --experiment gem2023_clusters --data photos/
      aehash train --resume runs/0001-autohash-digits-128bits
    """
    from aehash import backend

    backend.configure(given["backend"], given["threads"])
    snapshot = _resume(given) if given["resume"] else _start(given)
    info = snapshot.info
    options.say(f"done   {_outcome(info)}")
    if info["skipped_images"]:
        options.say(
            f"       images left out: {info['skipped_images']}, listed in "
            f"{snapshot.path / 'skipped.csv'}"
        )
    pictures = [snapshot.path / name for name in ("loss.png", "reconstructions.png", "tuples.png")]
    seen = [str(picture) for picture in pictures if picture.exists()]
    if seen:
        options.say(f"see    {' and '.join(seen)}")
    where = f" --run {snapshot.path}" if given["out"] or given["resume"] else ""
    options.say(f"next   aehash extract{where}")
    click.echo(snapshot.path)


def _outcome(info: dict[str, Any]) -> str:
    if not info["epochs"]:
        return "nothing was trained (train.epochs is 0): the weights are those of the start"
    return (
        f"{info['epochs']} epochs in {info['seconds']:.0f} s, kept epoch {info['best_epoch']} "
        f"(loss {info['best_loss']:.4f})"
    )


def _start(given: dict[str, Any]) -> Any:
    from aehash import workflow

    recipe = workflow.make_recipe(given["experiment"], **{name: given[name] for name in _RECIPE})
    return workflow.train(
        recipe,
        runs=given["runs"],
        out=given["out"],
        split_file=given["split_file"],
        workers=given["workers"],
        strict=given["strict"],
        bar=sys.stdout.isatty() and not given["quiet"],
        say=_silent if given["quiet"] else options.say,
        every=given["every"],
    )


def _resume(given: dict[str, Any]) -> Any:
    from aehash import workflow

    fixed = (*_RECIPE, "out", "split_file")
    wrong = [f"--{name.replace('_', '-')}" for name in fixed if given[name]]
    wrong = ["--set" if name == "--settings" else name for name in wrong]
    if given["experiment"] != registry.DEFAULT:
        wrong.append("--experiment")
    if wrong:
        raise UsageError(
            f"--resume continues a run as it was begun, so it cannot go with {', '.join(wrong)}."
        )
    return workflow.resume(
        given["resume"],
        workers=given["workers"],
        strict=given["strict"],
        bar=sys.stdout.isatty() and not given["quiet"],
        say=_silent if given["quiet"] else options.say,
        every=given["every"],
    )


def _silent(_: str) -> None:
    return

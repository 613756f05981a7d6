"""``aehash weights``: nets that were trained elsewhere."""

from pathlib import Path

import click

from aehash.cli import options

_PATH = click.Path(path_type=Path)


@click.group()
def weights() -> None:
    """Make runs of weights that were trained elsewhere."""


@weights.command("convert")
@click.argument("file", metavar="FILE.pth", type=_PATH)
@click.option("--out", metavar="RUN", type=_PATH, required=True, help="The run's folder, made new.")
@click.option("--architecture", metavar="NAME", help="Of a bare state dict, such as resnet50.")
@click.option("--pooling", metavar="NAME", help="Of a bare state dict: gem, mac, spoc, rmac.")
@click.option(
    "--whitening",
    metavar="DATA",
    help="End in the file's whitening learned on this data, such as retrieval-SfM-120k.",
)
@click.option("--dimensions", type=click.IntRange(1), help="Of it to keep.  [default: all]")
@click.option(
    "--scale",
    type=click.Choice(["ms", "ss"]),
    default="ms",
    show_default=True,
    help="Describe at three scales or at a single one, and take the whitening for it.",
)
@click.option(
    "--longest",
    type=click.IntRange(4),
    default=1024,
    show_default=True,
    help="The longest side of the images in pixels.",
)
@options.BACKEND
def convert_command(
    file: Path,
    out: Path,
    architecture: str | None,
    pooling: str | None,
    whitening: str | None,
    dimensions: int | None,
    scale: str,
    longest: int,
    backend: str | None,
) -> None:
    """Make a finished run of a PyTorch file, for extract, search and evaluate.

    FILE.pth is a checkpoint of the GeM authors' code (cirtorch: Radenović, Tolias and Chum), or a
    state dict of torchvision's with --architecture. PyTorch reads it (the extra torch), and code
    inside it is never run.

    \b
    Examples:
      aehash weights convert rSfM120k-tl-resnet50-gem-w.pth --out runs/0001-gem
      aehash weights convert gem.pth --out runs/gem --whitening retrieval-SfM-120k --scale ms
      aehash weights convert resnet50-0676ba61.pth --architecture resnet50 --out runs/imagenet
      aehash extract --run runs/gem --data photos/ --split all
    """
    from aehash import backend as keras_backend
    from aehash.workflow.weights import convert_weights, read_weights

    released = read_weights(file, architecture, pooling)
    keras_backend.configure(backend)
    made = convert_weights(
        file,
        released,
        out,
        whitening=whitening,
        dimensions=dimensions,
        scale=scale,
        longest=longest,
        say=options.say,
    )
    options.say(f"next   aehash extract --run {out} --data FOLDER --split all")
    click.echo(made.snapshot.path)

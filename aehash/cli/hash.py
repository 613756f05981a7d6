"""``aehash hash``: classical codes of any features, learned once and given to others."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from aehash.cli import options
from aehash.errors import UsageError

if TYPE_CHECKING:
    from aehash.codebook import Codebook

F = TypeVar("F", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path)
_METHODS = ("agh", "diffusion", "itq", "lsh", "pcah", "sh", "sign")
_WHERE = (
    click.option("--features", metavar="DIR|FILE.npy", type=_FILE, help="A codebook, or an array."),
    click.option("--pixels", metavar="DATA", help="A data set's raw pixels: a name or path."),
    click.option(
        "--split",
        type=click.Choice(["train", "val", "test", "all"]),
        help="Of the data set.  [default: train]",
    ),
    click.option("--split-file", type=_FILE, help="Of the data set: take a run's split.json."),
    click.option(
        "--image-size", type=click.IntRange(1), help="Side of its images.  [default: as stored]"
    ),
    click.option(
        "--channels", type=click.Choice(["1", "3"]), help="Of its images.  [default: as stored]"
    ),
)


def _where(command: F) -> F:
    """Give a command the options that say whose features are meant."""
    for option in reversed(_WHERE):
        command = option(command)
    return command


@click.group(short_help="Classical codes of any features: ITQ, LSH, PCAH, spectral hashing.")
def hash() -> None:
    """Learn classical codes from any features or from raw pixels, and give them to others.

    What a learned code must beat: `codebook binarise` does both steps at once for a codebook.

    \b
    Examples:
      aehash hash fit itq --pixels mnist --bits 64 --save itq.npz
      aehash hash apply itq.npz --pixels mnist --split test --out books/test
      aehash hash apply itq.npz --pixels mnist --split train --out books/train
      aehash evaluate --database books/train --queries books/test -k 10,all
    """


@hash.command("fit")
@click.argument("method", metavar="METHOD", type=click.Choice(_METHODS))
@_where
@click.option("--bits", type=click.IntRange(1), help="Bits per code; with sign, one a feature.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of what is drawn."
)
@click.option(
    "--save", metavar="FILE.npz", type=_FILE, required=True, help="Where to keep what is learned."
)
def fit_command(method: str, bits: int | None, seed: int, save: Path, **where: Any) -> None:
    """Learn codes, unsupervised: labels are not looked at.

    \b
    METHOD is one of
      agh        eigenvectors of a graph between images and anchors (k-means)
      diffusion  where a walk on that graph leads, turned as itq does
      itq        principal components, turned so that their signs lose least
      lsh        random hyperplanes through the mean
      pcah       the sign of the principal components
      sh         spectral hashing: waves along the principal components
      sign       a feature above its mean

    \b
    Examples:
      aehash hash fit itq --features books/train --bits 64 --save itq.npz
      aehash hash fit sh --features rows.npy --bits 128 --save sh.npz
      aehash hash fit lsh --pixels photos/ --image-size 32 --bits 64 --save lsh.npz
    """
    from aehash.hashing import METHODS
    from aehash.workflow.hashing import learn

    chosen = next(each for each in METHODS if each == method)
    made = learn(_open(**where), chosen, bits, seed=seed)
    made.save(save)
    click.echo(made.summary)
    click.echo(save)


@hash.command("apply")
@click.argument("stage", metavar="FILE.npz", type=_FILE)
@_where
@click.option("--keep-pixels", is_flag=True, help="Keep the pixels as the codebook's features.")
@click.option("--out", metavar="DIR", type=_FILE, required=True, help="The new codebook.")
def apply_command(stage: Path, keep_pixels: bool, out: Path, **where: Any) -> None:
    """Give features the codes that were learned; the result is a codebook.

    Features of a codebook or an array stay in it; pixels do only with --keep-pixels, 4 bytes each.

    \b
    Examples:
      aehash hash apply itq.npz --features books/test --out books/itq-test
      aehash hash apply lsh.npz --pixels photos/ --image-size 32 --split test --out books/lsh-test
    """
    from dataclasses import replace

    from aehash.hashing import Binariser
    from aehash.workflow.hashing import hashed

    features, pixels = where["features"], where["pixels"]
    if keep_pixels and pixels is None:
        raise UsageError("--keep-pixels goes with --pixels; features are kept anyway.")
    if features is not None and out.resolve() == features.resolve():
        raise UsageError(f"--out {out} is the codebook that is read: name another folder.")
    made = Binariser.load(stage)
    book = hashed(_open(**where), made)
    if pixels is not None and not keep_pixels:
        book = replace(book, features=None)
    book.save(out)
    click.echo(f"{out}: {len(book):,} codes of {book.bits} bits.")


def _open(
    features: Path | None, pixels: str | None, channels: str | None, **more: Any
) -> "Codebook":
    """Open the features that are meant."""
    from aehash.workflow.hashing import features_book, open_pixels

    if (features is None) == (pixels is None):
        raise UsageError(
            "Give either --features (a codebook or a .npy file) or --pixels (a data set)."
        )
    if features is not None:
        given = {**more, "channels": channels}
        wrong = [f"--{name.replace('_', '-')}" for name, value in given.items() if value]
        if wrong:
            raise UsageError(f"{', '.join(wrong)}: of a data set, given by --pixels.")
        return features_book(features)
    split = more.pop("split") or "train"
    depth = None if channels is None else int(channels)
    return open_pixels(str(pixels), split, channels=depth, say=options.say, **more)

"""``aehash codebook whiten`` and ``binarise``: stages between extraction and search."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from aehash.errors import UsageError

if TYPE_CHECKING:
    from aehash.codebook import Codebook
    from aehash.whitening import Whitening

_FILE = click.Path(path_type=Path)
_FIT = click.option(
    "--fit", metavar="DIR", type=_FILE, help="The codebook to learn on.  [default: the same]"
)
_STAGE = click.option(
    "--stage", metavar="FILE.npz", type=_FILE, help="What was saved by --save; nothing is learned."
)
_SAVE = click.option("--save", metavar="FILE.npz", type=_FILE, help="Keep what is learned.")
_OUT = click.option("--out", metavar="DIR", type=_FILE, required=True, help="The new codebook.")


@click.command("whiten")
@click.argument("folder", metavar="DIR", type=_FILE)
@click.option(
    "--kind",
    type=click.Choice(["learned", "pca"]),
    help="learned needs --pairs.  [default: learned where --pairs is given, else pca]",
)
@click.option("--pairs", metavar="FILE.csv", type=_FILE, help="Matching pairs, two keys a line.")
@click.option("--dimensions", type=click.IntRange(1), help="How many to keep.  [default: all]")
@click.option(
    "--shrinkage",
    type=click.FloatRange(0, 1, max_open=True),
    help="Share of the identity in the pairs' covariance.  [default: 0, with too few pairs "
    "Ledoit and Wolf's]",
)
@_FIT
@_STAGE
@_SAVE
@_OUT
def whiten_command(
    folder: Path,
    kind: str | None,
    pairs: Path | None,
    dimensions: int | None,
    shrinkage: float | None,
    fit: Path | None,
    stage: Path | None,
    save: Path | None,
    out: Path,
) -> None:
    """Whiten a codebook's features; its codes become their signs.

    \b
    Examples:
      aehash codebook whiten books/train --pairs pairs.csv --dimensions 128 --out books/white
      aehash codebook whiten books/test --fit books/train --kind pca --out books/white-test
    """
    from aehash.whitening import Whitening
    from aehash.workflow.stages import open_books, whitened

    _only_stage(
        stage,
        {"--kind": kind, "--pairs": pairs, "--dimensions": dimensions, "--shrinkage": shrinkage,
         "--fit": fit, "--save": save},
    )  # fmt: skip
    book, other = open_books(folder, fit, out)
    if stage is not None:
        made = Whitening.load(stage)
    else:
        made = _learn(other, kind, pairs, dimensions, shrinkage)
    _put(whitened(book, made), made.summary, out)
    if save is not None:
        made.save(save)


def _learn(
    book: "Codebook",
    kind: str | None,
    pairs: Path | None,
    dimensions: int | None,
    shrinkage: float | None,
) -> "Whitening":
    from aehash.whitening import learn_whitening, pca_whitening
    from aehash.workflow.stages import features_of, read_pairs

    if kind == "learned" and pairs is None:
        raise UsageError("--kind learned needs matching pairs: give --pairs FILE.csv.")
    if pairs is None or kind == "pca":
        if pairs is not None or shrinkage is not None:
            raise UsageError("PCA takes no pairs: leave out --pairs and --shrinkage.")
        return pca_whitening(features_of(book), dimensions)
    amount: float | Literal["auto"] = "auto" if shrinkage is None else shrinkage
    found = read_pairs(pairs, book)
    return learn_whitening(features_of(book), found, dimensions, shrinkage=amount)


@click.command("binarise")
@click.argument("folder", metavar="DIR", type=_FILE)
@click.option(
    "--method",
    type=click.Choice(["agh", "diffusion", "itq", "lsh", "pcah", "sh", "sign"]),
    help="As 'aehash hash fit' has them.  [default: itq]",
)
@click.option("--bits", type=click.IntRange(1), help="Bits per code; with sign, one a feature.")
@click.option("--seed", type=click.IntRange(0), help="Of what is drawn.  [default: 0]")
@_FIT
@_STAGE
@_SAVE
@_OUT
def binarise_command(
    folder: Path,
    method: str | None,
    bits: int | None,
    seed: int | None,
    fit: Path | None,
    stage: Path | None,
    save: Path | None,
    out: Path,
) -> None:
    """Give a codebook other codes, made of its features.

    \b
    Examples:
      aehash codebook binarise books/train --bits 64 --out books/itq
      aehash codebook binarise books/test --fit books/train --bits 64 --out books/itq-test
    """
    from aehash.hashing import METHODS, Binariser
    from aehash.workflow.hashing import hashed, learn
    from aehash.workflow.stages import open_books

    _only_stage(
        stage, {"--method": method, "--bits": bits, "--seed": seed, "--fit": fit, "--save": save}
    )
    book, other = open_books(folder, fit, out)
    if stage is not None:
        made = Binariser.load(stage)
    else:
        chosen = next(each for each in METHODS if each == (method or "itq"))
        made = learn(other, chosen, bits, seed=seed or 0)
    _put(hashed(book, made), made.summary, out)
    if save is not None:
        made.save(save)


def _only_stage(stage: Path | None, options: dict[str, object]) -> None:
    given = [name for name, value in options.items() if value is not None]
    if stage is not None and given:
        raise UsageError(f"--stage {stage} is learned already: leave out {', '.join(given)}.")


def _put(book: "Codebook", summary: str, out: Path) -> None:
    book.save(out)
    click.echo(summary)
    click.echo(f"{out}: {len(book):,} codes of {book.bits} bits.")

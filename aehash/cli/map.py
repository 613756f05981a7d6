"""``aehash map``."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from aehash.cli import options

if TYPE_CHECKING:
    from aehash.workflow.map import Map

_FILE = click.Path(path_type=Path)


@click.command("map", short_help="Draw the latent space as a map, coloured by class.")
@click.argument("codes", metavar="[DIR]", required=False, type=_FILE)
@options.RUNS
@click.option("--split", help="Which codebook of the folder.  [default: all, else train]")
@click.option(
    "--also",
    metavar="SPLIT|DIR",
    help="A split beside it, or another codebook, placed into the same map with dark rings.",
)
@click.option(
    "--method",
    type=click.Choice(["pca", "umap"]),
    default="pca",
    show_default=True,
    help="umap needs the extra of that name.",
)
@click.option(
    "--metric",
    type=click.Choice(["features", "codes"]),
    help="What lies near.  [default: features, else codes]",
)
@click.option(
    "--label",
    "labels",
    metavar="NAME",
    multiple=True,
    help="Colour only this class, by name or number; may be given again.",
)
@click.option(
    "--sample",
    type=click.IntRange(2),
    help="Draw so many images, evenly over the classes.  [default: 20,000]",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Of the sample, and of UMAP.",
)
@click.option(
    "--out",
    "picture",
    type=_FILE,
    default=Path("map.png"),
    show_default=True,
    help="The picture to draw.",
)
@click.option("--csv", "table", type=_FILE, help="Write key, x, y and label of each point, too.")
def map_command(
    codes: Path | None,
    runs: Path,
    split: str | None,
    also: str | None,
    method: Literal["pca", "umap"],
    metric: Literal["features", "codes"] | None,
    labels: tuple[str, ...],
    sample: int | None,
    seed: int,
    picture: Path,
    table: Path | None,
) -> None:
    """Draw the images of a codebook as points, near one another where their features are.

    DIR is a codebook, a folder with one for each split, or a run; the latest codes unless given.
    The figures say how far the picture can be trusted: of each image's nearest neighbours, how
    many have its label in the full space, in the picture, and by chance. An image with several
    labels is grey unless --label picks one.

    \b
    Examples:
      aehash map
      aehash map runs/0001-autohash-digits-128bits --also test --out digits.png
      aehash map --method umap --seed 3
      aehash map books/chest --label nodule --label mass --csv points.csv
    """
    from aehash import workflow

    found = workflow.draw_map(
        codes,
        runs=runs,
        split=split,
        also=also,
        method=method,
        metric=metric,
        labels=labels,
        sample=sample,
        seed=seed,
        picture=picture,
        table=table,
    )
    _print(found)


def _print(found: "Map") -> None:
    for part in found.parts:
        of = "" if part.drawn == part.total else f" of {part.total:,}"
        options.say(f"codes  {part.folder}: {part.drawn:,}{of} images")
    unit = "features" if found.space == "features" else "bits"
    options.say(f"map    {found.method.upper()} of {found.width:,} {unit}{_variance(found)}")
    trust, k = found.trust, found.trust.nearest
    rows: list[tuple[str, list[float]]] = []
    if trust.full is not None and trust.picture is not None and trust.chance is not None:
        rows.append(("have the same label", [trust.full, trust.picture, trust.chance]))
    rows.append(("are those of the full space", [1.0, trust.kept, trust.kept_chance]))
    title = f"of the {k} nearest of {trust.asked:,} images"
    width = max(len(title), *(len(name) for name, _ in rows))
    click.echo(f"{title:{width}}  full space  picture  chance")
    for name, (full, picture, chance) in rows:
        click.echo(f"{name:{width}}  {full:10.4f}  {picture:7.4f}  {chance:6.4f}")
    for note in found.notes:
        options.say(note)
    options.say(f"see    {found.picture}")
    if found.table is not None:
        options.say(f"       {found.table}")


def _variance(found: "Map") -> str:
    if not found.shares:
        return ""
    first, second = (100 * share for share in found.shares)
    return f"; the picture has {first + second:.1f} % of the variance ({first:.1f} + {second:.1f})"


map = map_command  # the name by which the group of commands finds it

"""``aehash search``."""

from pathlib import Path
from typing import Any, Literal

import click

from aehash.cli import options


@click.command(short_help="Find the images most like one.")
@click.argument("query")
@click.option(
    "--codes",
    type=click.Path(path_type=Path),
    help="A codebook, or a folder with one for each split.  [default: the latest run's]",
)
@options.RUNS
@click.option("--top", type=int, default=10, show_default=True, help="How many.")
@click.option("--radius", type=click.IntRange(0), help="Instead: all within so many bits.")
@click.option(
    "--metric",
    type=click.Choice(["hamming", "euclidean"]),
    default="hamming",
    show_default=True,
)
@click.option("--rerank", is_flag=True, help="Order the results by features, not by bits.")
@click.option("--label", metavar="NAME", help="Only images of this class, by name or number.")
@click.option(
    "--expand",
    type=click.IntRange(1),
    metavar="N",
    help="With --metric euclidean, for features of length 1: sum N descriptors, the query's own "
    "and its nearest, and search by the sum (α query expansion).",
)
@click.option(
    "--alpha",
    type=click.FloatRange(0),
    help="Power of a neighbour's similarity in that sum.  [default: 3]",
)
@click.option("--threads", type=int, help="Threads that search.  [default: all cores]")
@click.option(
    "--montage",
    type=click.Path(path_type=Path),
    default=Path("search.png"),
    show_default=True,
    help="The picture to draw.",
)
@options.BACKEND
def search(
    query: str,
    codes: Path | None,
    runs: Path,
    top: int,
    radius: int | None,
    metric: Literal["hamming", "euclidean"],
    rerank: bool,
    label: str | None,
    expand: int | None,
    alpha: float | None,
    threads: int | None,
    montage: Path,
    backend: str | None,
) -> None:
    """Find the images most like QUERY: an image file, or the key of an image already hashed.

    \b
    Examples:
      aehash search photo.jpg
      aehash search test/7 --top 20
      aehash search photo.jpg --radius 8 --rerank
      aehash search photo.jpg --label 7
      aehash search scan.dcm
      aehash search photo.jpg --metric euclidean --expand 10
    """
    from aehash import workflow
    from aehash.workflow.query import named_file

    if named_file(query):  # only an image needs the net
        from aehash import backend as keras_backend

        keras_backend.configure(backend)
    found = workflow.search(
        query,
        codes=codes,
        runs=runs,
        top=top,
        radius=radius,
        metric=metric,
        reorder=rerank,
        label=label,
        expand=expand,
        alpha=alpha,
        threads=threads,
        montage=montage,
    )
    _print(found)


def _print(found: Any) -> None:
    options.say(f"query  {found.query.name}  {found.query.label}".rstrip())
    options.say(f"codes  {found.database}")
    if found.note:
        options.say(f"note   {found.note}")
    if not found.hits:
        click.echo("Nothing within the radius; try a larger one.")
        return
    width = max(len(hit.key) for hit in found.hits)
    click.echo(f"{'rank':>4}  {'key':{width}}  distance  label")
    for hit in found.hits:
        whole = hit.distance == int(hit.distance)
        distance = f"{hit.distance:8.0f}" if whole else f"{hit.distance:8.4f}"
        click.echo(f"{hit.rank:4d}  {hit.key:{width}}  {distance}  {hit.label}".rstrip())
    if found.montage:
        options.say(f"see    {found.montage}")

"""``aehash evaluate``."""

import sys
from pathlib import Path
from typing import Any

import click

from aehash.cli import options
from aehash.errors import UsageError


def _depths(ctx: click.Context, param: click.Parameter, value: str) -> tuple[Any, ...]:
    try:
        return tuple(k if k == "all" else int(k) for k in value.replace(" ", "").split(","))
    except ValueError:
        raise UsageError(f"-k {value!r} is not a list of counts such as 5,10,all.") from None


@click.command(short_help="Judge codes: MAP@k, precision, recall, chance and collapse.")
@click.option("--database", type=click.Path(path_type=Path), help="Codebook that is searched.")
@click.option("--queries", type=click.Path(path_type=Path), help="Codebook of the queries.")
@options.RUN
@options.RUNS
@click.option(
    "--radius",
    type=int,
    help="Retrieve within so many bits, inclusive.  [default: the whole ranking]",
)
@click.option("--rerank", is_flag=True, help="Order what is inside the radius by features.")
@click.option(
    "--metric",
    type=click.Choice(["hamming", "euclidean"]),
    default="hamming",
    show_default=True,
)
@click.option(
    "--per",
    type=click.Choice(["min_k", "hits", "relevant"]),
    default="min_k",
    show_default=True,
    help="What AP@k is divided by: min(k, R), the hits found, or R.",
)
@click.option(
    "--ties",
    type=click.Choice(["expected", "database", "optimistic", "pessimistic"]),
    default="expected",
    show_default=True,
    help="Tied items: the mean over their orders, or in database order, or the bounds.",
)
@click.option(
    "--relevance",
    type=click.Choice(["any", "all", "exact"]),
    default="any",
    show_default=True,
    help="Relevant: shares a label, holds all the query's, or has exactly its labels.",
)
@click.option(
    "-k",
    "ks",
    default="5,10,15,20",
    show_default=True,
    callback=_depths,
    help="Cuts, separated by commas; 'all' is the whole list.",
)
@click.option(
    "--keep-self",
    is_flag=True,
    help="Keep a query's own row in the database.  [default: removed by key]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for report and pictures.  [default: beside the latest codes; "
    "none where codebooks are named]",
)
@options.FORMAT
def evaluate(
    database: Path | None,
    queries: Path | None,
    run: Path | None,
    runs: Path,
    keep_self: bool,
    out: Path | None,
    form: Any,
    **conventions: Any,
) -> None:
    """Judge codes: MAP@k, precision and recall, with chance, intervals and collapse figures.

    Test images are the queries and training images the database, unless told otherwise.

    \b
    Examples:
      aehash evaluate --radius 2
      aehash evaluate --radius 16 --rerank --per hits --ties database
      aehash evaluate --database codes/train --queries codes/test -k 10,100,all --format json
    """
    from aehash import workflow
    from aehash.metrics.protocol import Protocol
    from aehash.report import notes, render, warnings

    protocol = Protocol(exclude_self=False if keep_self else "auto", **conventions)
    judged = workflow.evaluate_codes(
        protocol,
        database=database,
        queries=queries,
        run=run,
        runs=runs,
        out=out,
        say=options.say,
        progress=_progress,
    )
    if form in ("csv", "json"):  # which have no place for sentences
        for sentence in warnings(judged.evaluations) + notes(judged.evaluations):
            options.say(sentence)
    click.echo(render(judged.evaluations, form), nl=False)


def _progress(title: str, total: int) -> Any:
    """Show a bar with the time left on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        return None
    bar = click.progressbar(length=total, label=title, file=sys.stderr)
    bar.__enter__()

    def show(done: int) -> None:
        bar.update(done)
        if bar.pos >= total:
            bar.__exit__(None, None, None)

    return show

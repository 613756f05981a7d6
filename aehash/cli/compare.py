"""``aehash compare``."""

from pathlib import Path
from typing import Any

import click

from aehash.cli import options


@click.command(short_help="Say whether one evaluation is better than another, query by query.")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    help="Such as map@10/min_k; may be given again.  [default: MAP at each cut]",
)
@click.option(
    "--ranking",
    help="Its title in both reports, such as 'Hamming, whole ranking'.  [default: the asked one]",
)
@click.option(
    "--picture",
    type=click.Path(path_type=Path),
    default=Path("comparison.png"),
    show_default=True,
    help="The picture to draw: each query's difference.",
)
@options.FORMAT
def compare(
    a: Path, b: Path, metrics: tuple[str, ...], ranking: str | None, picture: Path, form: Any
) -> None:
    """Compare evaluations A and B over the same queries: B - A, its interval, and a verdict.

    A and B are folders of 'aehash evaluate', or runs or folders of codes, whose latest evaluation
    is taken. Queries are matched by key and drawn again together (a paired bootstrap).

    \b
    Examples:
      aehash compare runs/0001-default-mnist-64bits runs/0002-default-mnist-64bits
      aehash compare before/ after/ --metric map@10/min_k --format md
    """
    from aehash import workflow
    from aehash.report_comparison import render_comparison

    found = workflow.compare_evaluations(a, b, metrics=metrics, ranking=ranking, picture=picture)
    if form in ("csv", "json"):  # whose readers should not miss them
        for sentence in found.comparison.warnings:
            options.say(f"WARNING: {sentence}")
    click.echo(render_comparison(found.comparison, form, names=found.names), nl=False)
    options.say(f"see    {found.picture}")

"""``aehash compare``."""

from pathlib import Path
from typing import Any

import click

from aehash.cli import options


def _picture(context: click.Context, option: click.Parameter, value: str) -> Path | None:
    from aehash.plots import check_picture

    if value == "none":
        return None
    picture = Path(value)
    check_picture(picture)
    return picture


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
    default="comparison.png",
    show_default=True,
    callback=_picture,
    help="The picture to draw, each query's difference; 'none' draws none.",
)
@options.FORMAT
def compare(
    a: Path,
    b: Path,
    metrics: tuple[str, ...],
    ranking: str | None,
    picture: Path | None,
    form: Any,
) -> None:
    """Compare evaluations A and B over the same queries: B - A, its interval, and a verdict.

    A and B are folders of 'aehash evaluate', or runs or folders of codes, whose latest evaluation
    is taken. Queries are matched by key and drawn again together (a paired bootstrap).

    \b
    Examples:
      aehash compare runs/0001-default-mnist-64bits runs/0002-default-mnist-64bits
      aehash compare before/ after/ --metric map@10/min_k --format md --picture none
    """
    from aehash import workflow
    from aehash.report_comparison import render_comparison

    found = workflow.compare_evaluations(a, b, metrics=metrics, ranking=ranking)
    if form in ("csv", "json"):  # whose readers should not miss them
        for sentence in found.comparison.warnings:
            options.say(f"WARNING: {sentence}")
    click.echo(render_comparison(found.comparison, form, names=found.names), nl=False)
    if picture is not None:
        workflow.draw_comparison(found.comparison, picture)
        options.say(f"see    {picture}")

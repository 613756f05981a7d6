"""``aehash compare``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from aehash.cli import options
from aehash.cli.progress import bar, shown
from aehash.errors import UsageError

_PAIR, _TABLE = "comparison.png", "methods.png"


def _picture(context: click.Context, option: click.Parameter, value: str | None) -> Path | None:
    from aehash.plots import check_picture

    if value is None or value == "none":
        return None
    picture = Path(value)
    check_picture(picture)
    return picture


def _widths(context: click.Context, option: click.Parameter, value: str | None) -> tuple[int, ...]:
    from aehash.bits import check_bits

    try:
        found = tuple(int(part) for part in value.split(",")) if value is not None else ()
    except ValueError:
        raise UsageError(f"--bits {value!r} is not a list of widths such as 16,32,64.") from None
    return tuple(check_bits(bits) for bits in found)


def _methods(
    context: click.Context, option: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    return None if value is None else tuple(part.strip() for part in value.split(","))


@click.command(short_help="Compare two evaluations, or learned codes with classical ones.")
@click.argument(
    "places", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--baselines",
    is_flag=True,
    help="Hold the codes of each RUN against classical ones, float features and chance.  "
    "[default: unless there are two]",
)
@click.option(
    "--methods",
    callback=_methods,
    help="Baselines, separated by commas: itq, pcah, lsh, sh, agh, diffusion, cosine.  "
    "[default: itq,pcah,lsh,cosine]",
)
@click.option(
    "--bits",
    callback=_widths,
    help="Further widths for the baselines, such as 16,32,64.  [default: the runs']",
)
@click.option(
    "--split",
    type=click.Choice(["test", "val"]),
    help="With baselines: whose images are the queries; val for choices.  [default: test]",
)
@click.option(
    "--layer",
    help="With baselines: cut encoders after this layer, such as a backbone's pooling.  "
    "[default: before the code layer]",
)
@click.option("--threads", type=int, help="Threads that rank.  [default: all]")
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    help="Of two evaluations: such as map@10/min_k; may be given again.  "
    "[default: MAP at each cut]",
)
@click.option(
    "--ranking",
    help="Of two evaluations: its title in both reports, such as 'Hamming, whole ranking'.  "
    "[default: the asked one]",
)
@click.option(
    "--picture",
    callback=_picture,
    help="The picture to draw, each query's difference, or MAP by bits; 'none' draws none.  "
    f"[default: {_PAIR}, or {_TABLE} with baselines]",
)
@options.FORMAT
def compare(
    places: tuple[Path, ...],
    baselines: bool,
    methods: tuple[str, ...] | None,
    bits: tuple[int, ...],
    split: str | None,
    layer: str | None,
    threads: int | None,
    metrics: tuple[str, ...],
    ranking: str | None,
    picture: Path | None,
    form: Any,
) -> None:
    """Compare two evaluations A and B over the same queries: B - A, its interval, and a verdict.

    A and B are folders of 'aehash evaluate', or runs or folders of codes, whose latest evaluation
    is taken. Queries are matched by key and drawn again together (a paired bootstrap).

    With --baselines, or one RUN, or three and more: one table of each run's latest codes, of
    ITQ, PCAH and LSH on its encoder's features and on raw pixels, of the float features and of
    chance. Runs that differ only in seed are one row, those that differ only in bits its columns.

    \b
    Examples:
      aehash compare runs/0001-autohash-mnist-64bits runs/0002-autohash-mnist-64bits
      aehash compare before/ after/ --metric map@10/min_k --format md --picture none
      aehash compare runs/0001-autohash-mnist-64bits
      aehash compare runs/0001-* runs/0002-* --baselines --methods itq,lsh,diffusion
    """
    if baselines or len(places) != 2:
        _refuse("of two evaluations", {"--metric": metrics, "--ranking": ranking})
        table = {"methods": methods, "bits": bits, "split": split, "layer": layer}
        _table(places, {**table, "threads": threads}, picture or _default(_TABLE), form)
        return
    of_table = {"--methods": methods, "--bits": bits, "--split": split, "--layer": layer}
    _refuse("of --baselines", {**of_table, "--threads": threads})
    _pair(places, metrics, ranking, picture or _default(_PAIR), form)


def _default(name: str) -> Path | None:
    """Take a picture's usual name, unless none is wanted."""
    if click.get_current_context().get_parameter_source("picture") is not ParameterSource.DEFAULT:
        return None
    return _picture(click.get_current_context(), click.Option(["--picture"]), name)


def _refuse(whose: str, given: Mapping[str, object]) -> None:
    for name, value in given.items():
        if value:
            raise UsageError(f"{name} is an option {whose}: leave it out here.")


def _pair(
    places: tuple[Path, ...],
    metrics: Sequence[str],
    ranking: str | None,
    picture: Path | None,
    form: Any,
) -> None:
    from aehash import workflow
    from aehash.report.comparison import render_comparison

    a, b = places
    found = workflow.compare_evaluations(a, b, metrics=metrics, ranking=ranking)
    if form in ("csv", "json"):  # whose readers should not miss them
        for sentence in found.comparison.warnings:
            options.say(f"WARNING: {sentence}")
    click.echo(render_comparison(found.comparison, form, names=found.names), nl=False)
    if picture is not None:
        workflow.draw_comparison(found.comparison, picture)
        options.say(f"see    {picture}")


def _table(
    places: tuple[Path, ...], asked: dict[str, Any], picture: Path | None, form: Any
) -> None:
    from aehash import workflow
    from aehash.report.methods import render_methods

    given = {name: value for name, value in asked.items() if value is not None}
    found = workflow.compare_methods(
        places, **given, say=options.say, extracting=shown, progress=bar
    )
    if form in ("csv", "json"):  # whose readers should not miss them
        for sentence in found.warnings:
            options.say(f"WARNING: {sentence}")
    click.echo(render_methods(found, form), nl=False)
    if picture is not None:
        workflow.draw_methods(found, picture)
        options.say(f"see    {picture}")

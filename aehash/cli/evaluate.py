"""``aehash evaluate``."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from aehash.cli import options
from aehash.cli.evaluate_feedback import check_alone, feedback_options, simulate
from aehash.cli.evaluate_landmarks import judge_landmarks, landmark_options, landmark_protocol
from aehash.cli.progress import bar
from aehash.codebook.files import MANIFEST
from aehash.errors import UsageError

if TYPE_CHECKING:
    from aehash.metrics.protocol import Protocol


def _depths(ctx: click.Context, param: click.Parameter, value: str) -> tuple[Any, ...]:
    try:
        return tuple(k if k == "all" else int(k) for k in value.replace(" ", "").split(","))
    except ValueError:
        raise UsageError(f"-k {value!r} is not a list of counts such as 5,10,all.") from None


def _radius(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    if value is None or value == "none":
        return None
    try:
        return int(value)
    except ValueError:
        raise UsageError(f"--radius {value!r} is not a number of bits, nor 'none'.") from None


def _out(ctx: click.Context, param: click.Parameter, value: str | None) -> Path | None:
    """Take a folder of the report's own."""
    if value is None:
        return None
    if not value:
        raise UsageError("--out is empty: name a folder for the report, or leave it out.")
    if (Path(value) / MANIFEST).is_file():
        raise UsageError(
            f"--out {value} is a codebook, and a report is no part of one: name another folder."
        )
    return Path(value)


@click.command(short_help="Judge codes: MAP@k, precision, recall, chance and collapse.")
@click.option("--database", type=click.Path(path_type=Path), help="Codebook that is searched.")
@click.option("--queries", type=click.Path(path_type=Path), help="Codebook of the queries.")
@options.RUN
@options.RUNS
@click.option(
    "--protocol",
    "name",
    help="Judge as others did: a name of 'aehash protocols list'. Options given beside it "
    "change it, and the report says so.",
)
@landmark_options
@click.option(
    "--radius",
    metavar="BITS|none",
    callback=_radius,
    help="Retrieve within so many bits, inclusive.  [default: none, the whole ranking]",
)
@click.option(
    "--rerank/--no-rerank", default=False, help="Order what is inside the radius by features."
)
@click.option(
    "--metric",
    type=click.Choice(["hamming", "euclidean", "cosine", "inner_product"]),
    help="Of codes or features; cosine: less the database's mean; inner_product only where "
    "--ground-truth judges, by default there.  [default: hamming]",
    default="hamming",
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
    "--gain",
    type=click.Choice(["linear", "exponential"]),
    default="linear",
    show_default=True,
    help="What an item is worth to nDCG by the g labels it shares: g, or 2^g - 1.",
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
    "--by-class/--no-by-class",
    default=None,
    help="Judge by class too: the majority label's accuracy, recall's bound, confusion.png.  "
    "[default: as the protocol has it, else no]",
)
@click.option(
    "--threads", type=int, help="Threads that rank; the results do not change.  [default: all]"
)
@click.option(
    "--out",
    type=click.Path(),
    callback=_out,
    help="Folder for report and pictures.  [default: beside the latest codes; "
    "none where codebooks are named]",
)
@feedback_options
@options.FORMAT
def evaluate(
    database: Path | None,
    queries: Path | None,
    run: Path | None,
    runs: Path,
    name: str | None,
    ground_truth: Path | None,
    images: Path | None,
    expand: int | None,
    augment: int | None,
    alpha: float | None,
    keep_self: bool,
    by_class: bool | None,
    threads: int | None,
    out: Path | None,
    rounds: int | None,
    marks: int,
    feedback_queries: int,
    methods: tuple[str, ...],
    seed: int,
    form: Any,
    **conventions: Any,
) -> None:
    """Judge codes: MAP@k, precision and recall, with chance, intervals and collapse figures.

    Test images are the queries and training images the database, unless told otherwise.

    \b
    Examples:
      aehash evaluate --radius 2
      aehash evaluate --radius 16 --rerank --per hits --ties database
      aehash evaluate --protocol akbacak2023
      aehash evaluate --metric euclidean --by-class -k 20,100
      aehash evaluate --feedback 3 --marks 20
      aehash evaluate --protocol oxford5k
      aehash evaluate --protocol roxford5k --images oxford/jpg --expand 10 --augment 10
      aehash evaluate --database codes/train --queries codes/test -k 10,100,all --format json
    """
    if run is not None and (database is not None or queries is not None):
        raise UsageError(
            f"--run {run} stands for its own codes and cannot go with --database and --queries: "
            "give the run or the codebooks."
        )
    landmarks = landmark_protocol(name)
    if rounds is not None:
        asked = {
            "marks": marks,
            "feedback_queries": feedback_queries,
            "methods": methods,
            "seed": seed,
            "database": database,
            "queries": queries,
            "run": run,
            "runs": runs,
            "out": out,
            "threads": threads,
        }
        simulate(rounds, asked, conventions, form, bar)
        return
    check_alone()
    if landmarks is not None:
        places = {"run": run, "runs": runs, "database": database, "queries": queries, "out": out}
        places |= {"ground_truth": ground_truth, "images": images}
        sums = {"expand": expand, "augment": augment, "alpha": alpha}
        judge_landmarks(landmarks, {**places, "threads": threads}, {**conventions, **sums}, form)
        return
    from aehash import workflow
    from aehash.report import notes, render, warnings

    judged = workflow.evaluate_codes(
        _protocol(name, conventions, keep_self),
        name=name,
        database=database,
        queries=queries,
        run=run,
        runs=runs,
        out=out,
        threads=threads,
        by_class=by_class,
        say=options.say,
        progress=bar,
    )
    if form in ("csv", "json"):  # which have no place for sentences
        for sentence in warnings(judged.evaluations) + notes(judged.evaluations):
            options.say(sentence)
    click.echo(render(judged.evaluations, form), nl=False)


def _protocol(name: str | None, conventions: Mapping[str, Any], keep_self: bool) -> "Protocol":
    """Take the named protocol's conventions, or the defaults, and what was given by hand."""
    from aehash.metrics.protocol import Protocol
    from aehash.metrics.protocols import named_protocol

    context = click.get_current_context()
    given = {
        option: value
        for option, value in conventions.items()
        if context.get_parameter_source(option) is not ParameterSource.DEFAULT
    }
    if keep_self:
        given["exclude_self"] = False
    return replace(Protocol() if name is None else named_protocol(name).conventions, **given)

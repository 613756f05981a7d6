"""The part of ``aehash evaluate`` that simulates feedback."""

from collections.abc import Mapping
from typing import Any

import click
from click.core import ParameterSource

from aehash.cli import options
from aehash.errors import UsageError

#: The names of `aehash.feedback.METHODS`, which --help does not import.
METHODS = ("none", "pinned", "rocchio", "nearest_positive", "svm", "svm_rbf")
#: Options that only go with --feedback.
OWN = ("marks", "feedback_queries", "methods", "seed")
_OUTSIDE = {
    "name": "a protocol's cuts and radius are not those of feedback, which ranks the whole list",
    "radius": "feedback ranks the whole list, inside a radius and beyond",
    "rerank": "feedback ranks the whole list by itself",
    "per": "its AP is over the whole list, divided by R (relevant)",
    "ties": "tied items stand in database order in every round",
    "gain": "it reports no nDCG",
    "ks": "its AP is over the whole list",
    "by_class": "its table is by round and method",
    "keep_self": "a query's own row would be the first to be marked",
}
_FLAGS = {"name": "--protocol", "ks": "-k", "keep_self": "--keep-self", "methods": "--method"}


def feedback_options(command: Any) -> Any:
    """Add the options of simulated feedback to a command."""
    for option in reversed(
        (
            click.option(
                "--feedback",
                "rounds",
                type=int,
                metavar="ROUNDS",
                help="Instead: simulate so many rounds of feedback, the labels marking results.",
            ),
            click.option(
                "--marks", type=int, default=20, show_default=True, help="Results marked a round."
            ),
            click.option(
                "--feedback-queries",
                type=int,
                default=1_000,
                show_default=True,
                help="Queries that feedback is simulated on, drawn with the seed.",
            ),
            click.option(
                "--method",
                "methods",
                type=click.Choice(METHODS),
                multiple=True,
                help="What learns from marks; may be given again.  [default: all but svm_rbf]",
            ),
            click.option(
                "--seed",
                type=int,
                default=0,
                show_default=True,
                help="Of feedback's queries, and of what the SVM presumes irrelevant.",
            ),
        )
    ):
        command = option(command)
    return command


def given(name: str) -> bool:
    """Tell whether an option was given by hand."""
    source = click.get_current_context().get_parameter_source(name)
    return source is not ParameterSource.DEFAULT


def check_alone() -> None:
    """Refuse feedback's options where no feedback is asked for.

    Raises:
        UsageError: One was given.
    """
    for name in OWN:
        if given(name):
            raise UsageError(f"{_flag(name)} goes with --feedback ROUNDS: give both, or neither.")


def simulate(
    rounds: int, asked: Mapping[str, Any], conventions: Mapping[str, Any], form: Any, progress: Any
) -> None:
    """Simulate feedback and print the table.

    Args:
        rounds: How many.
        asked: The options of feedback, by name, and where the codebooks are.
        conventions: The options of other evaluations.
        form: ``table``, ``md``, ``csv`` or ``json``.
        progress: Gives a function that takes the number of queries done.

    Raises:
        UsageError: Options do not go together, or a number is out of range.
    """
    for name, reason in _OUTSIDE.items():
        if given(name):
            raise UsageError(f"{_flag(name)} does not go with --feedback: {reason}.")
    from aehash.report.feedback import render_feedback
    from aehash.workflow.feedback_rounds import Setting, simulate_feedback

    places = {name: value for name, value in asked.items() if name not in OWN}
    setting = Setting(
        rounds=rounds,
        marks=asked["marks"],
        queries=asked["feedback_queries"],
        methods=asked["methods"],
        metric=conventions["metric"] if given("metric") else "euclidean",
        relevance=conventions["relevance"],
        seed=asked["seed"],
    )
    found = simulate_feedback(setting, **places, say=options.say, progress=progress)
    if form in ("csv", "json"):  # which have no place for sentences
        for sentence in (*found.report.warnings, *found.report.facts):
            options.say(sentence)
    click.echo(render_feedback(found.report, form), nl=False)


def _flag(name: str) -> str:
    return _FLAGS.get(name, "--" + name.replace("_", "-"))

"""The part of ``aehash evaluate`` that judges by the Oxford and Paris protocols."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aehash.cli import options
from aehash.cli.evaluate_feedback import given
from aehash.errors import UsageError

if TYPE_CHECKING:
    from aehash.metrics.protocols import NamedProtocol

GROUND_TRUTH = click.option(
    "--ground-truth",
    type=click.Path(path_type=Path),
    metavar="FILE|FOLDER",
    help="Of the protocols oxford5k, paris6k, roxford5k and rparis6k: gnd_NAME.mat, or the folder "
    "of it or of the text files.",
)
_OUTSIDE = {
    "run": "give the codebooks, with --database and --queries",
    "radius": "it ranks all images",
    "rerank": "it ranks all images once",
    "per": "its AP is an area of trapezoids, over all relevant images",
    "relevance": "its ground truth says what is relevant",
    "gain": "it has no nDCG",
    "ks": "its cuts are 1, 5 and 10",
    "by_class": "it has no classes",
    "keep_self": "its ground truth says what becomes of a query's own image",
}
_FLAGS = {"ks": "-k", "keep_self": "--keep-self", "by_class": "--by-class"}


def landmark_protocol(name: str | None, ground_truth: Path | None) -> "NamedProtocol | None":
    """Find the protocol, if it is one that judges by a ground truth.

    Args:
        name: The protocol's name, if one was given.
        ground_truth: Its ground truth, if one was given.

    Returns:
        The protocol, or None where labels judge.

    Raises:
        UsageError: A ground truth or the inner product was given to a protocol without one.
    """
    named = None
    if name is not None:
        from aehash.metrics.protocols import named_protocol

        named = named_protocol(name)
    if named is not None and named.landmarks is not None:
        return named
    for option, present in (
        ("--ground-truth", ground_truth is not None),
        ("--metric inner_product", click.get_current_context().params["metric"] == "inner_product"),
    ):
        if present:
            raise UsageError(
                f"{option} goes with --protocol oxford5k, paris6k, roxford5k or rparis6k: name "
                "one, or leave it out."
            )
    return None


def judge_landmarks(
    named: "NamedProtocol", asked: Mapping[str, Any], conventions: Mapping[str, Any], form: Any
) -> None:
    """Judge by a ground truth and print the table.

    Args:
        named: The protocol.
        asked: Where ground truth, codebooks and report are, and the threads.
        conventions: The options of other evaluations; the metric and the ties count here.
        form: ``table``, ``md``, ``csv`` or ``json``.

    Raises:
        UsageError: Options do not go together, or something is missing.
    """
    for option, reason in _OUTSIDE.items():
        if given(option):
            flag = _FLAGS.get(option, f"--{option}")
            raise UsageError(f"{flag} does not go with --protocol {named.name}: {reason}.")
    from dataclasses import replace

    from aehash.report_landmarks import render_landmarks
    from aehash.workflow.evaluate_landmarks import evaluate_landmark_codes

    changed = {name: conventions[name] for name in ("metric", "ties") if given(name)}
    how = None if named.landmarks is None else replace(named.landmarks, **changed)
    report = evaluate_landmark_codes(named.name, conventions=how, say=options.say, **asked)
    if form in ("csv", "json"):  # which have no place for sentences
        for sentence in (*report.warnings, *report.facts, *report.notes):
            options.say(sentence)
    click.echo(render_landmarks(report, form), nl=False)

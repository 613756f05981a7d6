"""The part of ``aehash evaluate`` that judges by the Oxford and Paris protocols."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aehash.cli import options
from aehash.cli.evaluate_feedback import given
from aehash.cli.progress import shown
from aehash.errors import UsageError

if TYPE_CHECKING:
    from aehash.metrics.protocols import NamedProtocol

#: Options that only go with a protocol that has a ground truth.
OWN = ("ground_truth", "images", "expand", "alpha", "augment")
_PROTOCOLS = "--protocol oxford5k, paris6k, roxford5k or rparis6k"
_OUTSIDE = {
    "radius": "it ranks all images",
    "rerank": "it ranks all images once",
    "per": "its AP is an area of trapezoids, over all relevant images",
    "relevance": "its ground truth says what is relevant",
    "gain": "it has no nDCG",
    "ks": "its cuts are 1, 5 and 10",
    "by_class": "it has no classes",
    "keep_self": "its ground truth says what becomes of a query's own image",
}
_FLAGS = {
    "ks": "-k",
    "keep_self": "--keep-self",
    "by_class": "--by-class",
    "ground_truth": "--ground-truth",
}


def landmark_options(command: Any) -> Any:
    """Add the options of the Oxford and Paris protocols to a command."""
    for option in reversed(
        (
            click.option(
                "--ground-truth",
                type=click.Path(path_type=Path),
                metavar="FILE|FOLDER",
                help="Of the protocols oxford5k, paris6k, roxford5k and rparis6k: gnd_NAME.mat, "
                "or the folder of it or of the text files.  [default: beside the images]",
            ),
            click.option(
                "--images",
                type=click.Path(path_type=Path),
                metavar="FOLDER",
                help="Of the same protocols: their images, which a run describes.  "
                "[default: the folder of that name in $AEHASH_DATA or the cache]",
            ),
            click.option(
                "--expand",
                type=int,
                metavar="N",
                help="Of the same protocols: expand queries, summing N descriptors, their own "
                "among them.",
            ),
            click.option(
                "--augment",
                type=int,
                metavar="N",
                help="The same of each database image, before that.",
            ),
            click.option(
                "--alpha",
                type=float,
                metavar="A",
                help="The power of the similarity that weights what is summed.  [default: 3]",
            ),
        )
    ):
        command = option(command)
    return command


def landmark_protocol(name: str | None) -> "NamedProtocol | None":
    """Find the protocol, if it is one that judges by a ground truth.

    Args:
        name: The protocol's name, if one was given.

    Returns:
        The protocol, or None where labels judge.

    Raises:
        UsageError: An option of these protocols was given to another.
    """
    named = None
    if name is not None:
        from aehash.metrics.protocols import named_protocol

        named = named_protocol(name)
    if named is not None and named.landmarks is not None:
        return named
    own = [_flag(option) for option in OWN if given(option)]
    if click.get_current_context().params["metric"] == "inner_product":
        own.append("--metric inner_product")
    for flag in own:
        raise UsageError(f"{flag} goes with {_PROTOCOLS}: name one, or leave it out.")
    return None


def judge_landmarks(
    named: "NamedProtocol", asked: Mapping[str, Any], conventions: Mapping[str, Any], form: Any
) -> None:
    """Judge by a ground truth and print the table.

    Args:
        named: The protocol.
        asked: Where run, images, ground truth, codebooks and report are, and the threads.
        conventions: The options of other evaluations, of which the metric and the ties count
            here, and those of expansion and augmentation.
        form: ``table``, ``md``, ``csv`` or ``json``.

    Raises:
        UsageError: Options do not go together, or something is missing.
    """
    for option, reason in _OUTSIDE.items():
        if given(option):
            raise UsageError(f"{_flag(option)} does not go with --protocol {named.name}: {reason}.")
    how = _conventions(named, conventions)
    from aehash.report.landmarks import render_landmarks
    from aehash.workflow import evaluate_landmarks as judging

    places = dict(asked)
    books = {which: places.pop(which) for which in ("database", "queries")}
    if books == {"database": None, "queries": None}:
        from aehash import backend

        backend.configure()
        report = judging.evaluate_landmark_run(
            named.name, conventions=how, say=options.say, progress=shown, **places
        )
    else:
        for option in ("images", "run"):
            if places.pop(option) is not None:
                raise UsageError(
                    f"--{option} does not go with --database and --queries: codebooks hold what "
                    "images were described as."
                )
        del places["runs"]
        report = judging.evaluate_landmark_codes(
            named.name, conventions=how, say=options.say, **books, **places
        )
    if form in ("csv", "json"):  # which have no place for sentences
        for sentence in (*report.warnings, *report.facts, *report.notes):
            options.say(sentence)
    click.echo(render_landmarks(report, form), nl=False)


def _conventions(named: "NamedProtocol", conventions: Mapping[str, Any]) -> Any:
    from dataclasses import replace

    changed = {
        name: conventions[name]
        for name in ("metric", "ties", "expand", "alpha", "augment")
        if given(name)
    }
    how = None if named.landmarks is None else replace(named.landmarks, **changed)
    if how is not None and given("alpha") and not how.expanded:
        raise UsageError(
            "--alpha weights what --expand and --augment sum: give one of them with N above 1, or "
            "leave it out."
        )
    return how


def _flag(option: str) -> str:
    return _FLAGS.get(option, f"--{option}")

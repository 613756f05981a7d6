"""``aehash protocols``: the evaluation protocols that have a name."""

import json
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aehash.metrics.protocols import NamedProtocol

_WIDTH, _LABEL = 100, 14

_format = click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to print.",
)


@click.group(short_help="List evaluation protocols, with their sources.")
def protocols() -> None:
    """List the protocols that aehash evaluate --protocol knows, each with its sources.

    \b
    Examples:
      aehash protocols list
      aehash protocols show akbacak2023
      aehash evaluate --protocol akbacak2023
    """


@protocols.command("list")
@_format
def list_(style: str) -> None:
    """List the protocols: name, sizes, metric.

    \b
    Example:
      aehash protocols list --format json
    """
    from aehash.metrics.protocols import named_protocols

    known = list(named_protocols().values())
    if style == "json":
        click.echo(json.dumps([each.as_dict() for each in known], indent=2, ensure_ascii=False))
        return
    click.echo(f"{'name':<20}{'metric':<18}{'queries':>8}{'database':>10}  about")
    for each in known:
        data = each.data[0]
        queries, database = (_count(n) for n in (data.n_queries, data.n_database))
        click.echo(f"{each.name:<20}{each.headline:<18}{queries:>8}{database:>10}  {each.about}")


@protocols.command("show")
@click.argument("name")
@_format
def show(name: str, style: str) -> None:
    """Say all of one protocol, where each fact stands, and what could not be verified.

    \b
    Example:
      aehash protocols show coco-hashnet
    """
    from aehash.metrics.protocols import named_protocol

    found = named_protocol(name)
    if style == "json":
        click.echo(json.dumps(found.as_dict(), indent=2, ensure_ascii=False))
        return
    for label, text in _lines(found):
        click.echo(
            textwrap.fill(
                text,
                _WIDTH,
                initial_indent=f"{label:<{_LABEL}}",
                subsequent_indent=" " * _LABEL,
                break_on_hyphens=False,
                break_long_words=False,
            )
        )


def _lines(found: "NamedProtocol") -> Iterable[tuple[str, str]]:
    yield "name", found.name
    yield "about", found.about
    for data in found.data:
        yield "data", data.name or "any"
        yield "  queries", f"{_count(data.n_queries)}: {data.queries}"
        yield "  database", f"{_count(data.n_database)}: {data.database}"
    for label, value in found.judging.as_dict().items():
        yield label, _written(value)
    if found.by_class:
        yield (
            "by class",
            "yes: rows by class, recall's bound and the accuracy of the majority label",
        )
    if found.landmarks is None:
        yield "pictured", f"{found.hits} images beside each query"
    yield "reported", found.headline
    for fact, place in found.sources.items():
        yield "source", f"{fact}: {place}"
    for text in found.unverified:
        yield "not verified", text
    for text in found.remarks:
        yield "differs", text


def _count(number: int | None) -> str:
    return "open" if number is None else f"{number:,}"


def _written(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)

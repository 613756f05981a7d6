"""``aehash protocols``: the evaluation protocols that have a name."""

import json
import textwrap
from collections.abc import Iterable
from pathlib import Path
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
      aehash protocols splits
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


@protocols.command("splits")
@_format
def splits(style: str) -> None:
    """List the splits that have a name: which images ask, which are searched, and its SHA-256.

    Every evaluation records the SHA-256 of its own split, and `aehash compare` refuses two
    evaluations of different ones.

    \b
    Example:
      aehash protocols splits
    """
    from dataclasses import asdict

    from aehash.metrics.split_identity import named_splits

    known = list(named_splits().values())
    if style == "json":
        click.echo(json.dumps([asdict(each) for each in known], indent=2, ensure_ascii=False))
        return
    for each in known:
        click.echo(f"{each.name:<14}{each.n_queries:>7,} queries {each.n_database:>8,} searched")
        click.echo(f"{'':<14}sha256 {each.sha256}")
        click.echo(textwrap.indent(textwrap.fill(each.about, _WIDTH - _LABEL), " " * _LABEL))


@protocols.command("split")
@click.argument("name")
@click.option(
    "--list",
    "lists",
    nargs=2,
    type=click.Path(path_type=Path),
    help="Two text files, of the queries and of the database, one image a line, for splits whose "
    "images are not numbered.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
def split(name: str, lists: tuple[Path, Path] | None, out: Path) -> None:
    """Write a named split's file, whose SHA-256 is the split's: sha256sum FILE.

    \b
    Examples:
      aehash protocols split mnist --out mnist.split
      aehash protocols split coco-hashnet --list test.txt database.txt --out coco.split
    """
    from aehash.metrics.split_identity import write_named_split

    click.echo(f"{out}: {write_named_split(out, name, lists)}")


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
    if found.split is not None:
        yield "split", f"{found.split}, sha256 {found.as_dict()['split']['sha256']}"
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

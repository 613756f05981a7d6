"""``aehash export``: codes and rankings as other people's programs read them."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from aehash.cli import options, progress
from aehash.errors import UsageError

if TYPE_CHECKING:
    from aehash.codebook import Codebook
    from aehash.metrics.protocol import Protocol

    Writer = Callable[..., Codebook]

_PATH = click.Path(path_type=Path)
#: What one codebook can be written as.
BOOK_FORMATS = ("json", "faiss", "parquet")
_RANKED = ("database", "queries", "name", "radius", "rerank", "metric", "relevance", "ties")
_FURTHER = ("depth", "sample", "seed", "keep_self", "run")


@click.command()
@click.argument("folder", metavar="[DIR]", type=_PATH, required=False)
@click.option("--to", "form", type=click.Choice(["trec", *BOOK_FORMATS]), required=True)
@click.option("--out", type=_PATH, required=True, help="The file (json, parquet) or the folder.")
@click.option("--database", type=_PATH, help="trec: codebook that is searched.")
@click.option("--queries", type=_PATH, help="trec: codebook of the queries.")
@options.RUN
@options.RUNS
@click.option("--protocol", "name", help="trec: a name of 'aehash protocols list'.")
@click.option("--radius", type=click.IntRange(0), help="trec: retrieve within so many bits.")
@click.option("--rerank", is_flag=True, help="trec: order what is inside by features.")
@click.option(
    "--metric",
    type=click.Choice(["hamming", "euclidean", "cosine"]),
    default="hamming",
    show_default=True,
    help="trec: of codes or features.",
)
@click.option(
    "--relevance",
    type=click.Choice(["any", "all", "exact"]),
    default="any",
    show_default=True,
    help="trec: shares a label, holds all the query's, or has exactly its labels.",
)
@click.option(
    "--ties",
    type=click.Choice(["database", "shuffled", "scorer"]),
    default="database",
    show_default=True,
    help="trec: tied items in database order, in one drawn by --seed, or left to who scores.",
)
@click.option("--depth", type=click.IntRange(1), help="trec: the first of each ranking.")
@click.option("--sample", type=click.IntRange(1), help="trec: so many queries, drawn by --seed.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="trec: of both.")
@click.option("--keep-self", is_flag=True, help="trec: keep a query's own row in the database.")
def export(folder: Path | None, form: str, out: Path, runs: Path, **given: Any) -> None:
    """Write codes or rankings so that others can check them with their own tools.

    trec: qrels.txt and run.txt for trec_eval, of the latest codes unless codebooks are named. A
    run has one order: its scores are those of 'aehash evaluate --per relevant --ties database'.
    faiss: exact indices of codes and features, and their keys. parquet: one table. json: the same
    index as 'aehash codebook export' writes.

    \b
    Examples:
      aehash export --to trec --out trec
      aehash export --to trec --database codes/train --queries codes/test --depth 1000 --out trec
      aehash export codes/train --to faiss --out faiss
      aehash export codes/train --to parquet --out codes.parquet
    """
    context = click.get_current_context()
    said = [
        name
        for name in (*_RANKED, *_FURTHER)
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT
    ]
    if form != "trec":
        if folder is None:
            raise UsageError(f"Name the codebook: aehash export DIR --to {form} --out …")
        if said:
            option = "--protocol" if said[0] == "name" else f"--{said[0].replace('_', '-')}"
            raise UsageError(f"{option} is for rankings (--to trec): leave it out.")
        export_book(folder, form, out)
        return
    if folder is not None:
        raise UsageError(
            f"A ranking needs two codebooks: give {folder} as --database or as --queries."
        )
    _export_rankings(out, runs, said, given)


def export_book(folder: Path, form: str, out: Path) -> None:
    """Write one codebook, and say what was written.

    Args:
        folder: The codebook.
        form: Of :data:`BOOK_FORMATS`.
        out: The file, or the folder.
    """
    from aehash.codebook.files import read_manifest

    show = progress.bar(out.name, read_manifest(folder)["n"])
    book = _writer(form)(folder, out, progress=show)
    click.echo(f"{out}: {len(book):,} images, codes of {book.bits} bits{parts_text(book)}.")


def parts_text(book: "Codebook") -> str:
    """Say what a codebook holds beside codes and keys.

    Args:
        book: The codebook.

    Returns:
        Such as ``, with features and labels``; empty for neither.
    """
    parts = [name for name in ("features", "labels") if getattr(book, name) is not None]
    return f", with {' and '.join(parts)}" if parts else ""


def _writer(form: str) -> "Writer":
    from aehash.json_index import export_index
    from aehash.workflow.export_book import export_faiss, export_parquet

    writers: dict[str, Writer] = {
        "json": export_index,
        "faiss": export_faiss,
        "parquet": export_parquet,
    }
    return writers[form]


def _export_rankings(out: Path, runs: Path, said: list[str], given: dict[str, Any]) -> None:
    from aehash.codebook import Codebook
    from aehash.workflow.evaluate import places
    from aehash.workflow.export_trec import FACTS, QRELS, RUN, export_trec

    database, queries, _ = places(
        given["database"], given["queries"], given["run"], runs, None, (QRELS, RUN, FACTS)
    )
    books = Codebook.load(database), Codebook.load(queries)
    options.say(f"database  {database}")
    options.say(f"queries   {queries}")
    chosen = {name: given[name] for name in ("ties", "depth", "sample", "seed")}
    show = progress.bar(out.name, min(given["sample"] or len(books[1]), len(books[1])))
    found = export_trec(out, *books, _protocol(said, given), **chosen, progress=show)
    click.echo(
        f"{out}: {found.queries:,} queries, {found.judged:,} lines of {QRELS}, {found.ranked:,} of "
        f"{RUN}."
    )
    options.say(f"score  trec_eval -m map {out / QRELS} {out / RUN}")


def _protocol(said: list[str], given: dict[str, Any]) -> "Protocol":
    from dataclasses import replace

    from aehash.metrics.protocol import Protocol
    from aehash.metrics.protocols import named_protocol

    start = Protocol()
    if given["name"] is not None:
        named = named_protocol(given["name"])
        if named.landmarks is not None:
            raise UsageError(
                f"Protocol {named.name} is judged by its ground truth, not by labels, and cannot "
                "be exported: its ground truth is made for programs of its own."
            )
        start = named.conventions
    names = [name for name in ("radius", "rerank", "metric", "relevance") if name in said]
    changes: dict[str, Any] = {name: given[name] for name in names}
    if given["keep_self"]:
        changes["exclude_self"] = False
    return replace(start, **changes)

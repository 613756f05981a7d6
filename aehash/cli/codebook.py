"""``aehash codebook``: make a codebook from anybody's arrays or another, export and inspect one."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aehash.cli import options as shared
from aehash.cli import progress
from aehash.cli.codebook_stages import binarise_command, whiten_command
from aehash.cli.export import BOOK_FORMATS, export_book, parts_text
from aehash.errors import UsageError

if TYPE_CHECKING:
    from aehash.codebook import Codebook

_FILE = click.Path(path_type=Path)
_ARRAYS = ("codes", "features", "labels", "keys", "bits", "classes")


@click.group()
def codebook() -> None:
    """Import codes made elsewhere, export, whiten, binarise or look into a codebook."""


codebook.add_command(whiten_command)
codebook.add_command(binarise_command)


@codebook.command("import")
@click.argument("file", metavar="[FILE.json]", type=_FILE, required=False)
@click.option("--file", "named", metavar="FILE.json", type=_FILE, help="The same as FILE.json.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["npy", "json"]),
    help="What is imported.  [default: json where FILE.json is given, else npy]",
)
@click.option("--codes", type=_FILE, help=".npy of {0,1}, ±1, bool or packed bytes.")
@click.option("--features", type=_FILE, help=".npy of float features, (n, d).")
@click.option("--labels", type=_FILE, help=".npy of class numbers (n,) or multi-hot (n, classes).")
@click.option("--keys", type=_FILE, help="Text file, one key a line.  [default: split/row]")
@click.option("--bits", type=int, help="Bits per code; needed for packed codes.")
@click.option("--classes", type=_FILE, help="Text file, one class name a line.")
@click.option("--source", help="What the data is, such as mnist, or a folder's absolute path.")
@click.option("--split", help="The split's name, such as test.")
@click.option("--out", type=_FILE, required=True, help="The codebook's folder.")
def import_command(
    file: Path | None, named: Path | None, form: str | None, out: Path, **options: Any
) -> None:
    """Make a codebook from .npy arrays, or from one JSON index.

    \b
    Examples:
      aehash codebook import --codes codes.npy --labels labels.npy --out books/mine
      aehash codebook import index.json --out books/mine
    """
    from aehash.codebook.importing import import_codebook

    index = _index_of(file, named, form, options)
    if index is None:
        made = import_codebook(out, **options)
    else:
        made = _import_json(index, out, options["source"], options["split"])
    click.echo(f"{out}: {len(made):,} codes of {made.bits} bits{parts_text(made)}.")


def _index_of(
    file: Path | None, named: Path | None, form: str | None, options: dict[str, Any]
) -> Path | None:
    """Find the JSON index that is meant; None where arrays are."""
    if file is not None and named is not None:
        raise UsageError(f"Give {file} or --file {named}, not both.")
    index = file if named is None else named
    given = [f"--{name}" for name in _ARRAYS if options[name] is not None]
    if index is None and form != "json":
        if options["codes"] is None:
            raise UsageError("Give a JSON index (FILE.json), or codes in a .npy file by --codes.")
        return None
    if index is None:
        raise UsageError("--format json needs the index: aehash codebook import FILE.json --out …")
    if form == "npy" or index.suffix == ".npy":
        raise UsageError(f"{index}: .npy arrays are given by --codes, --features, --labels.")
    if given:
        raise UsageError(
            f"{index} is a JSON index, which holds all there is to import: leave out "
            f"{', '.join(given)}, or the index."
        )
    return index


def _import_json(index: Path, out: Path, source: str | None, split: str | None) -> "Codebook":
    from aehash.json_index import import_index, size_of

    show = progress.bar(index.name, size_of(index))
    return import_index(index, out, source=source, split=split, progress=show, say=shared.say)


@codebook.command("export")
@click.argument("folder", metavar="DIR", type=_FILE)
@click.option(
    "--format", "form", type=click.Choice(BOOK_FORMATS), default="json", show_default=True
)
@click.option(
    "--out", type=_FILE, required=True, help="The file, or FAISS's folder; an export is replaced."
)
def export_command(folder: Path, form: str, out: Path) -> None:
    """Write a codebook as one JSON index: header, then one image a line.

    Or as exact indices of FAISS, or as one Parquet table; 'aehash export --to' does the same, and
    writes rankings for trec_eval too.

    Example: aehash codebook export books/mine --format json --out index.json
    """
    export_book(folder, form, out)


@codebook.command("info")
@click.argument("folder", metavar="DIR", type=_FILE)
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
@click.option(
    "--out",
    "picture",
    type=_FILE,
    help="The picture to draw.  [default: codes.png, with --format json none]",
)
def info_command(folder: Path, form: str, picture: Path | None) -> None:
    """Show what a codebook holds and how much its codes can tell apart.

    Draws the balance of the bits, their correlation, the distances between images of the same and
    of different labels, and how many images share a code; says what is wrong, with the remedy.

    Example: aehash codebook info books/mine
    """
    import json

    from aehash.codebook import Codebook
    from aehash.codebook.importing import describe

    book = Codebook.load(folder)
    facts = describe(book)
    picture = picture or (Path("codes.png") if form == "table" else None)
    found = _diagnosed(folder, book, facts, picture)
    if form == "json":
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    warning, _ = facts.pop("warning"), facts.pop("findings", None)
    if warning:
        click.echo(f"WARNING: {warning}\n")
    width = max(map(len, facts))
    for name, value in facts.items():
        shown = f"{value:.4f}" if isinstance(value, float) else value
        click.echo(f"{name.replace('_', ' '):<{width}}  {'-' if shown is None else shown}")
    for sentence in found:
        click.echo(f"\n{sentence}")
    if len(book) > 1:
        shared.say(f"see    {picture}")


def _diagnosed(
    folder: Path, book: "Codebook", facts: dict[str, Any], picture: Path | None
) -> list[str]:
    """Look closely at the codes: adds to the facts, draws, and gives what is wrong."""
    from aehash.metrics.code_diagnostics import diagnose
    from aehash.metrics.code_findings import findings
    from aehash.plots.codes import code_diagnosis

    if len(book) < 2:
        return []
    diagnosis = diagnose(book)
    found = findings(diagnosis)
    facts["effective_bits"] = round(diagnosis.effective_bits, 2)
    facts["images_sharing_a_code"] = int(diagnosis.collisions.sum())
    facts["findings"] = found
    if picture is not None:
        code_diagnosis(picture, diagnosis, str(folder), found)
    return found

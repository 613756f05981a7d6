"""``aehash codebook``: make a codebook from anybody's arrays, and look into one."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from aehash.codebook import Codebook

_FILE = click.Path(path_type=Path)


@click.group()
def codebook() -> None:
    """Import codes made elsewhere, or look into a codebook."""


@codebook.command("import")
@click.option("--codes", type=_FILE, required=True, help=".npy of {0,1}, ±1, bool or packed bytes.")
@click.option("--features", type=_FILE, help=".npy of float features, (n, d).")
@click.option("--labels", type=_FILE, help=".npy of class numbers (n,) or multi-hot (n, classes).")
@click.option("--keys", type=_FILE, help="Text file, one key a line.  [default: split/row]")
@click.option("--bits", type=int, help="Bits per code; needed for packed codes.")
@click.option("--classes", type=_FILE, help="Text file, one class name a line.")
@click.option("--source", help="What the data is, such as mnist, or a folder's absolute path.")
@click.option("--split", help="The split's name, such as test.")
@click.option("--out", type=_FILE, required=True, help="The codebook's folder.")
def import_command(out: Path, **options: Any) -> None:
    """Make a codebook from arrays.

    Example: aehash codebook import --codes codes.npy --labels labels.npy --out books/mine
    """
    from aehash.codebook_import import import_codebook

    made = import_codebook(out, **options)
    click.echo(f"{out}: {len(made):,} codes of {made.bits} bits{_parts(made)}.")


@codebook.command("info")
@click.argument("folder", metavar="DIR", type=_FILE)
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
def info_command(folder: Path, form: str) -> None:
    """Show a codebook's counts and how much its codes can tell apart.

    Example: aehash codebook info books/mine
    """
    import json

    from aehash.codebook import Codebook
    from aehash.codebook_import import describe

    facts = describe(Codebook.load(folder))
    if form == "json":
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    warning = facts.pop("warning")
    if warning:
        click.echo(f"WARNING: {warning}\n")
    width = max(map(len, facts))
    for name, value in facts.items():
        shown = f"{value:.4f}" if isinstance(value, float) else value
        click.echo(f"{name.replace('_', ' '):<{width}}  {'-' if shown is None else shown}")


def _parts(book: "Codebook") -> str:
    parts = [name for name in ("features", "labels") if getattr(book, name) is not None]
    return f", with {' and '.join(parts)}" if parts else ""

"""``aehash serve``."""

import io
import os
import sys
from pathlib import Path
from typing import IO

import click

from aehash.cli import options

_FILE = click.Path(path_type=Path)


@click.command(short_help="Search, mark and look, in the browser.")
@click.option(
    "--codes",
    type=_FILE,
    multiple=True,
    help="A codebook, or a folder with one for each split; may be given again.  "
    "[default: the latest run's]",
)
@options.RUNS
@click.option(
    "--images",
    type=_FILE,
    multiple=True,
    help="The folder that images are shown from, and no other; may be given again.  [default: "
    "where each codebook says]",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="0: any that is free.",
)
@click.option("--token-file", type=_FILE, help="Answer only those who know the token in this file.")
@click.option(
    "--threads",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    help="Threads that answer.",
)
@click.option(
    "--max-upload",
    type=click.IntRange(1, 1024),
    default=20,
    show_default=True,
    help="MiB of an uploaded file.",
)
@click.option(
    "--max-pixels",
    type=click.IntRange(1, 150),
    default=40,
    show_default=True,
    help="Millions of pixels of an uploaded picture.",
)
@click.option(
    "--max-seconds",
    type=click.IntRange(1, 600),
    default=10,
    show_default=True,
    help="Seconds to decode an uploaded picture.",
)
@click.option(
    "--rate",
    type=click.IntRange(0),
    default=6000,
    show_default=True,
    help="Searches a minute that one client may make; 0: any number.",
)
@options.BACKEND
def serve(
    codes: tuple[Path, ...],
    runs: Path,
    images: tuple[Path, ...],
    host: str,
    port: int,
    token_file: Path | None,
    threads: int,
    max_upload: int,
    max_pixels: int,
    max_seconds: int,
    rate: int,
    backend: str | None,
) -> None:
    """Open codebooks in the browser: search by a picture, mark results, search again.

    Only this machine is answered unless --host says otherwise. Nothing that is uploaded is kept.
    Ctrl-C ends it.

    \b
    Examples:
      aehash serve
      aehash serve --codes runs/0001-autohash-digits-128bits/codes/digits --port 8080
      aehash serve --codes books/photos --images /data/photos
      aehash serve --host 0.0.0.0 --token-file token.txt
    """
    from aehash import workflow
    from aehash.workflow.serve import Asked

    asked = Asked(
        codes=codes,
        runs=runs,
        images=images,
        host=host,
        port=port,
        token_file=token_file,
        threads=threads,
        upload=max_upload << 20,
        pixels=max_pixels * 1_000_000,
        decoding=max_seconds,
        rate=rate,
        backend=backend,
    )
    stream = _own_stderr()
    workflow.serve(asked, lambda line: click.echo(line, file=stream))


def _own_stderr() -> IO[str]:
    """Give stderr by another way than all else: while Keras starts, that is turned aside."""
    try:
        return os.fdopen(os.dup(sys.stderr.fileno()), "w", buffering=1, errors="replace")
    except (OSError, io.UnsupportedOperation):
        return sys.stderr

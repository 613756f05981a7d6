"""The page's own files, from the package and from nowhere else."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Response, request

from aehash.web.problems import Problem

FOLDER = Path(__file__).parent / "page"
_KINDS = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


@cache
def names() -> frozenset[str]:
    """List the files there are, as they were when the first one was asked for."""
    found = (path for path in FOLDER.rglob("*") if path.is_file() and path.suffix in _KINDS)
    return frozenset(path.relative_to(FOLDER).as_posix() for path in found)


def index() -> Response:
    """Give the page."""
    return file("index.html")


def file(name: str) -> Response:
    """Give one of the page's files.

    Args:
        name: Relative to its folder.

    Returns:
        The file, or that it has not changed.

    Raises:
        Problem: There is none of that name (404).
    """
    if name not in names():
        raise Problem(404, f"The page has no file {name[:100]!r}.")
    data = (FOLDER / name).read_bytes()
    response = Response(data, mimetype=_KINDS[Path(name).suffix])
    response.set_etag(hashlib.sha256(data).hexdigest()[:32])
    response.headers["Cache-Control"] = "no-cache"
    return response.make_conditional(request)

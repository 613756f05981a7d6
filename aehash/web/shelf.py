"""The codebooks that are served, by name, and the thread that makes them ready."""

import re
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from aehash.errors import AehashError, UsageError, nearest
from aehash.web.problems import Problem
from aehash.web.served import Served
from aehash.workflow.common import CODES

_STRANGE = re.compile(r"[^A-Za-z0-9._-]+")


class Shelf:
    """Codebooks by name.

    Args:
        books: In the order in which they are listed.
        backend: Keras's back end, or None for the usual one.
    """

    def __init__(self, books: Sequence[Served], backend: str | None = None) -> None:
        self.books: Mapping[str, Served] = {each.name: each for each in books}
        self._backend = backend

    @classmethod
    def open(
        cls,
        folders: Sequence[Path],
        runs: Path,
        roots: Sequence[Path] = (),
        backend: str | None = None,
    ) -> "Shelf":
        """Open codebooks; their arrays are mapped, not read.

        Args:
            folders: Of the codebooks.
            runs: Where runs are kept.
            roots: Where images may lie; see :class:`aehash.web.originals.Originals`.
            backend: Keras's back end.

        Returns:
            The shelf.

        Raises:
            UsageError: A folder is named twice, or there is none.
            AehashError: A codebook is damaged.
        """
        if not folders:
            raise UsageError("There is no codebook to serve; name one with --codes.")
        names = names_of(folders)
        books = [Served(name, each, runs, roots) for name, each in zip(names, folders, strict=True)]
        return cls(books, backend)

    def __getitem__(self, name: str) -> Served:
        """Find a codebook.

        Raises:
            Problem: 404.
        """
        if name not in self.books:
            raise Problem(404, f"There is no codebook {name[:100]!r}.{nearest(name, self.books)}")
        return self.books[name]

    def start(self, say: Callable[[str], object]) -> threading.Thread:
        """Make the codebooks ready in a thread, one after the other.

        Args:
            say: Takes a line for each.

        Returns:
            The thread, which does not keep the process alive.
        """
        thread = threading.Thread(target=self._prepare, args=(say,), name="loader", daemon=True)
        thread.start()
        return thread

    def _prepare(self, say: Callable[[str], object]) -> None:
        from aehash import backend

        try:
            backend.configure(self._backend)
        except (AehashError, ImportError) as error:
            for each in self.books.values():
                each.state, each.message = "failed", f"Keras cannot be started: {error}"
        for each in self.books.values():
            if each.state != "loading":
                continue
            try:
                each.prepare()
            except Exception as error:  # whatever it is, the others are to be loaded
                each.state, each.message = "failed", f"It could not be made ready: {error}"
                say(traceback.format_exc())
            told = f": {each.message}" if each.message else ""
            say(f"net    {each.name}: {each.state}{told}")


def names_of(folders: Sequence[Path]) -> list[str]:
    """Name codebooks for addresses.

    Args:
        folders: Theirs.

    Returns:
        One name each: the data and split of a run's codes, such as ``digits-all``, the folder's
        name of others; with the run's, or a number, where two would be alike.

    Raises:
        UsageError: A folder stands twice.
    """
    real = [folder.resolve() for folder in folders]
    for folder in real:
        if real.count(folder) > 1:
            raise UsageError(f"The codebook {folder} is named twice; name it once.")
    found: list[str] = []
    for given, folder in zip(folders, real, strict=True):
        of_run = folder.parent.parent.name == CODES
        own = f"{folder.parent.name}-{folder.name}" if of_run else given.absolute().name
        choices = [own, *([f"{folder.parents[2].name}-{own}"] if of_run else [])]
        clean = [_STRANGE.sub("_", each).strip("_.") or "codes" for each in choices]
        numbered = (f"{clean[-1]}-{number}" for number in range(2, len(folders) + 2))
        found.append(next(each for each in (*clean, *numbered) if each not in found))
    return found

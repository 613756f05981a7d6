"""The errors a user may meet: each a sentence with the value and the remedy."""

import difflib
from collections.abc import Iterable


class AehashError(Exception):
    """Work that could not be done; the command line exits with 1."""

    exit_code = 1


class UsageError(AehashError, ValueError):
    """A wrong argument, option or value; the command line exits with 2."""

    exit_code = 2


def nearest(name: object, allowed: Iterable[str]) -> str:
    """Say which allowed name a misspelt one is closest to.

    Args:
        name: What was given, possibly not even text.
        allowed: What is known.

    Returns:
        ``" Did you mean 'x'?"`` where one is close, then the list of what is allowed.
    """
    known = sorted(allowed)
    close = difflib.get_close_matches(str(name), known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"{hint} Known: {', '.join(known)}."

"""What can go wrong with a request, as a status and a sentence."""

from collections.abc import Mapping

from aehash.errors import AehashError, UsageError


class Problem(AehashError):  # noqa: N818
    """A request that is not answered as it asked.

    Attributes:
        status: Of the HTTP answer.
        headers: To be sent with it.
    """

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None):
        super().__init__(sentence)
        self.status = status
        self.headers = dict(headers or {})


def status_of(error: AehashError) -> int:
    """Choose the status that says whose fault an error is.

    Args:
        error: Any of aehash's.

    Returns:
        400 for wrong use, 413 and 415 for pictures, 422 for what this codebook cannot give.
    """
    from aehash.generators.images import UnreadableImage
    from aehash.generators.uploads import TooLarge

    if isinstance(error, Problem):
        return error.status
    if isinstance(error, UnreadableImage):
        return 415
    if isinstance(error, TooLarge):
        return 413
    return 400 if isinstance(error, UsageError) else 422


def body_of(status: int, sentence: str) -> dict[str, object]:
    """Give an error's JSON.

    Args:
        status: Of the answer.
        sentence: What is wrong, and what to do.

    Returns:
        The body of the answer.
    """
    return {"error": {"message": sentence, "status": status}}

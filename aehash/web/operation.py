"""What an operation of the API is: its address, what it takes, what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aehash.web.fields import Record

NOTHING = Record(())


@dataclass(frozen=True)
class Answer:
    """What an operation answers with when all is well.

    Attributes:
        about: What it is.
        schema: JSON Schema of the body, or none where it is no JSON.
        kinds: Media types of the body where it is no JSON.
        lines: JSON Schema of each line where the client asks for lines, or none.
    """

    about: str
    schema: Mapping[str, Any] | None = None
    kinds: tuple[str, ...] = ()
    lines: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Operation:
    """One method of one address.

    Attributes:
        name: A word that names it in metrics, logs and the document.
        method: GET or POST.
        path: With parameters in braces.
        about: What it does, in a sentence.
        run: Takes the server's state and the checked values, and gives what is to be sent.
        answer: What that is.
        address: Parameters in the path.
        query: Parameters behind the question mark.
        json: The body as JSON, or none.
        form: The body as a form, or none.
        heavy: Whether it counts against the limit of searches, not that of pictures.
        open: Whether it needs no token.
    """

    name: str
    method: str
    path: str
    about: str
    run: Callable[[Any, dict[str, Any]], Any]
    answer: Answer
    address: Record = NOTHING
    query: Record = NOTHING
    json: Record | None = None
    form: Record | None = None
    heavy: bool = False
    open: bool = False
    tags: tuple[str, ...] = field(default=())

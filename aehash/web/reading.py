"""From an HTTP request to checked values, in memory."""

import io
import json
from collections.abc import Mapping
from typing import IO, Any

from flask import Request

from aehash.errors import UsageError
from aehash.web.operation import Operation
from aehash.web.problems import Problem

#: Bytes of a JSON body, and of all fields of a form that are no file, at most.
TEXT = 4 << 20


class InMemory(Request):
    """A request whose files are never put on the disk."""

    max_form_memory_size = TEXT
    max_form_parts = 100

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return io.BytesIO()


def read(operation: Operation, request: Request, address: Mapping[str, str]) -> dict[str, Any]:
    """Check all that a request brings.

    Args:
        operation: What is asked for.
        request: The request.
        address: The parameters in its path.

    Returns:
        The values by name, defaults filled in.

    Raises:
        UsageError: A value is wrong.
        Problem: The body is of another type (415).
    """
    given = operation.address.texts(list(address.items()))
    given |= operation.query.texts(list(request.args.items(multi=True)))
    if operation.json is None and operation.form is None:
        return given
    if operation.form is not None and request.mimetype == "multipart/form-data":
        return given | operation.form.texts(_form(request))
    if operation.json is not None and request.mimetype == "application/json":
        return (
            given | {"image": None, "crop": None} | operation.json.read("The body", _json(request))
        )
    kinds = [
        *(["application/json"] if operation.json is not None else []),
        *(["multipart/form-data"] if operation.form is not None else []),
    ]
    raise Problem(
        415,
        f"{operation.path} takes {' or '.join(kinds)}, not "
        f"{request.mimetype[:100] or 'nothing'!r}: set the Content-Type.",
    )


def _form(request: Request) -> list[tuple[str, str | bytes]]:
    fields: list[tuple[str, str | bytes]] = list(request.form.items(multi=True))
    return fields + [(name, file.read()) for name, file in request.files.items(multi=True)]


def _json(request: Request) -> Any:
    if request.content_length is not None and request.content_length > TEXT:
        raise Problem(413, f"The body has {request.content_length:,} bytes; {TEXT:,} are allowed.")
    try:
        return json.loads(request.get_data(cache=False), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The body is not readable JSON ({str(error)[:200]}).") from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")

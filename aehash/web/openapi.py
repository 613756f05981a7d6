"""The OpenAPI document, made of the declarations that check the requests."""

from collections.abc import Iterable, Sequence
from typing import Any

from aehash import __version__
from aehash.web import answers
from aehash.web.fields import Record
from aehash.web.operation import Operation

LINES = "application/x-ndjson"
#: What a codebook's name is called in a path, and in a body.
BOOK, OF_BOOK = "name", "codebook"
_STATUSES = {
    "400": "Wrong use; the message says what to do.",
    "401": "The token is missing or wrong.",
    "403": "The request comes from another site, or is to another host.",
    "404": "There is no such codebook, row, key or label.",
    "405": "The address does not take this method.",
    "409": "Row and key do not belong together, or the map is still being made.",
    "413": "The body or the picture is too large.",
    "415": "The body is no picture that can be read, or not of a type that is taken.",
    "422": "This codebook cannot give that.",
    "429": "Too many requests; wait as long as Retry-After says.",
    "503": "It is not ready yet; ask again as Retry-After says.",
}


def document(
    operations: Iterable[Operation], *, token: bool, books: Sequence[str] = ()
) -> dict[str, Any]:
    """Describe the API.

    Args:
        operations: All of them.
        token: Whether a token is needed.
        books: The names of the codebooks that are served.

    Returns:
        An OpenAPI 3.1 document.
    """
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, token)
    _name(paths, list(books))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "aehash",
            "version": __version__,
            "description": "Search images by their codes; nothing is stored.",
        },
        "paths": paths,
        "components": {
            "schemas": {"Error": answers.ERROR},
            "responses": {
                status: {
                    "description": about,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Error"}}
                    },
                }
                for status, about in _STATUSES.items()
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation, token: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.about,
        "responses": {
            "200": _answer(operation),
            **{status: {"$ref": f"#/components/responses/{status}"} for status in _STATUSES},
        },
    }
    parameters = [*_parameters(operation.address, "path"), *_parameters(operation.query, "query")]
    if parameters:
        found["parameters"] = parameters
    if token and not operation.open:
        found["security"] = [{"token": []}]
    content = {}
    if operation.json is not None:
        content["application/json"] = {"schema": operation.json.schema()}
    if operation.form is not None:
        content["multipart/form-data"] = {"schema": operation.form.schema(nullable=False)}
    if content:
        found["requestBody"] = {"required": True, "content": content}
    return found


def _name(told: Any, books: list[str]) -> None:
    """Say which codebooks there are, wherever one is to be named."""
    if isinstance(told, dict):
        if told.get("name") == BOOK and told.get("in") == "path":
            told["schema"] = {"type": "string", "enum": books}
        codebook = told.get(OF_BOOK)
        if isinstance(codebook, dict) and codebook.get("type") == "string":
            told[OF_BOOK] = {
                "type": "string",
                "enum": books,
                "description": codebook["description"],
            }
    for each in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        _name(each, books)


def _parameters(record: Record, place: str) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "in": place,
            "required": each.required,
            "description": each.about,
            "schema": {key: value for key, value in each.schema().items() if key != "description"},
        }
        for each in record.fields
    ]


def _answer(operation: Operation) -> dict[str, Any]:
    answer, content = operation.answer, {}
    if answer.schema is not None:
        content["application/json"] = {"schema": answer.schema}
    if answer.lines is not None:
        content[LINES] = {"schema": {"type": "string"}, "x-line": answer.lines}
    for kind in answer.kinds:
        binary = not kind.startswith("text/")
        content[kind] = {"schema": {"type": "string", **({"format": "binary"} if binary else {})}}
    return {"description": answer.about, "content": content}

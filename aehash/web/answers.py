"""What the API answers, as JSON Schema."""

from typing import Any

Schema = dict[str, Any]


def whole(about: str = "", least: int = 0) -> Schema:
    """A whole number."""
    return _told({"type": "integer", "minimum": least}, about)


def number(about: str = "") -> Schema:
    """A number."""
    return _told({"type": "number"}, about)


def text(about: str = "") -> Schema:
    """Text."""
    return _told({"type": "string"}, about)


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def listing(schema: Schema, about: str = "") -> Schema:
    """A list."""
    return _told({"type": "array", "items": schema}, about)


def record(fields: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    """An object; all fields are there but the optional ones."""
    required = [name for name in fields if name not in optional]
    return {
        "type": "object",
        "properties": fields,
        "required": required,
        "additionalProperties": False,
    }


def _told(schema: Schema, about: str) -> Schema:
    return {**schema, "description": about} if about else schema


ERROR = record({"error": record({"message": text("A sentence."), "status": whole()})})

_ITEM = {
    "row": whole("Its number in the codebook, from 0."),
    "key": text("The image's name."),
    "label": {
        "type": ["string", "array", "null"],
        "items": {"type": "string"},
        "description": "Its class; a list where rows may have several; null without one.",
    },
    "code": text("Its bits in hexadecimal, the first bit the highest of the first digit."),
}
ITEM = record(_ITEM)
ITEMS = record({"results": listing(ITEM), "total": whole("Rows to draw from.")})

QUERY = record(
    {
        "code": text("The query's bits in hexadecimal."),
        "row": maybe(whole("Its row, where it is one of the codebook.")),
        "key": maybe(text("Its key, where it is a row.")),
        "label": {**_ITEM["label"], "description": "Its class, as a row's."},
        "query": text("Stands for the query in later requests: its code and features."),
        "position": {
            "type": ["array", "null"],
            "items": number(),
            "description": "Its place in the map, once that is made.",
        },
    }
)
RESULT = record(
    {
        "rank": whole("From 1.", 1),
        **_ITEM,
        "distance": number("In bits, or Euclidean."),
        "score": number("Above 0 on the relevant side; only after feedback."),
        "marked": {"type": ["boolean", "null"], "description": "As it was marked, if it was."},
    },
    ("score", "marked"),
)
HISTOGRAM = record(
    {
        "metric": {"type": "string", "enum": ["hamming", "euclidean", "score"]},
        "distances": listing(number(), "Where each bin begins, ascending."),
        "width": number("Of a bin."),
        "counts": listing(whole(), "Rows in each bin."),
        "rows": whole("Rows counted: all, or a sample of a large codebook's features."),
        "cut": maybe(number("The value of the last result, or the radius.")),
    }
)
_FOUND = {
    "query": QUERY,
    "results": listing(RESULT),
    "histogram": HISTOGRAM,
    "found": whole("Rows that answer the query; more than the results where k is less."),
    "total": whole("Rows that were searched."),
    "elapsed_ms": number("The server's time."),
    "value": {
        "type": "string",
        "enum": ["distance", "score"],
        "description": "What the results are ordered by.",
    },
}
FOUND = record(_FOUND)
MARKS = record({"relevant": whole(), "irrelevant": whole()})
_REFINED = {"round": whole("Rounds of marks so far."), "marks": MARKS, "message": text()}
REFINED = record({**_FOUND, **_REFINED})

LINE: Schema = {
    "type": "object",
    "required": ["event"],
    "properties": {
        "event": {
            "type": "string",
            "enum": ["query", "progress", "results", "histogram", "done", "error"],
        },
        "query": QUERY,
        "results": listing(RESULT),
        "histogram": HISTOGRAM,
        "stage": text(),
        "rows": whole(),
        "error": ERROR["properties"]["error"],
        **{name: _FOUND[name] for name in ("found", "total", "elapsed_ms", "value")},
        **_REFINED,
    },
    "additionalProperties": False,
}

_STATE = {"type": "string", "enum": ["none", "loading", "ready", "failed"]}
MODEL = record(
    {
        "state": {**_STATE, "description": "Whether new images can be hashed."},
        "message": text("Why not, or empty."),
        "name": maybe(text("The net's.")),
        "image_size": maybe(
            whole("The side, or the longest side, of an image as the net sees it.")
        ),
        "channels": maybe(whole("1 or 3.", 1)),
        "reconstructs": {"type": "boolean"},
    }
)
CODEBOOK = record(
    {
        "name": text("Its name in addresses."),
        "rows": whole(),
        "bits": whole("Of a code.", 1),
        "dimensions": maybe(whole("Features of a row, where there are some.")),
        "labels": {"type": "boolean"},
        "classes": {
            **maybe(listing(record({"name": text(), "count": whole()}))),
            "description": "Labels that occur, and their rows; null without labels.",
        },
        "images": {"type": "boolean", "description": "Whether its images can be shown."},
        "metrics": listing(text()),
        "note": text("What forbids to take a Hamming ranking at its word; most often empty."),
        "model": MODEL,
    }
)
CODEBOOKS = record(
    {
        "codebooks": listing(CODEBOOK),
        "limits": record(
            {
                "upload_bytes": whole("Of a request's body."),
                "pixels": whole("Of an uploaded picture."),
                "k": whole("Results of an answer."),
            }
        ),
    }
)
HEALTH = record(
    {
        "status": {"type": "string", "enum": ["ok"]},
        "version": text(),
        "codebooks": listing(
            record({"name": text(), "state": _STATE}), "Empty where a token is needed and missing."
        ),
    }
)
DUPLICATES = record(
    {
        "groups": listing(
            listing(record({**_ITEM, "distance": number("In bits, from the group's first.")})),
            "The largest first.",
        ),
        "sizes": listing(whole("Images of a group.", 2), "Of each group, however many are told."),
        "found": whole("Groups in all."),
        "pairs": whole("Pairs of rows within the radius."),
        "radius": whole(),
    }
)
ISOLATED = record(
    {
        "results": listing(record({**_ITEM, "distance": number("In bits, to the nearest other.")})),
        "examined": whole("Rows that were asked for their nearest: all, or a draw."),
        "total": whole(),
    }
)
MAP = record(
    {
        "state": {"type": "string", "enum": ["making", "ready", "none"]},
        "message": text(),
        "count": whole("Points."),
        "of": whole("Rows of the codebook."),
        "method": {"type": "string", "enum": ["pca"]},
        "space": maybe(text("features or codes.")),
        "shares": listing(number(), "Of the variance, along each axis."),
    }
)
PLACED = record(
    {
        "query": {"type": ["array", "null"], "items": number()},
        "rows": listing(record({"row": whole(), "x": number(), "y": number()})),
    }
)

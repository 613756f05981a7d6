"""The document is made of what checks the requests, and answers are what it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aehash.errors import UsageError
from aehash.web.fields import Field, Record
from aehash.web.kinds import Choice, Crop, Items, Maybe, Text, Whole, Yes
from aehash.web.openapi import document
from aehash.web.operations import OPERATIONS

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")


def schema_of(operation, kind="application/json"):
    told = document(OPERATIONS, token=False)
    for methods in told["paths"].values():
        for each in methods.values():
            if each["operationId"] == operation:
                return each["responses"]["200"]["content"][kind]
    raise AssertionError(operation)


@pytest.mark.training
def test_answers_are_what_the_document_says(site):
    asked = {"codebook": "photos", "row": 4}
    marks = [{"marks": [{"row": 5, "relevant": True}]}]
    replies = {
        "health": site.api("health"),
        "codebooks": site.api("codebooks"),
        "item": site.api("codebooks/photos/items/3"),
        "search": site.post("search", asked),
        "feedback": site.post("feedback", {**asked, "rounds": marks}),
        "map": site.api("codebooks/photos/map"),
        "random": site.api("codebooks/photos/random"),
        "isolated": site.api("codebooks/photos/isolated"),
        "duplicates": site.api("codebooks/photos/duplicates?radius=5"),
    }
    for name, reply in replies.items():
        assert reply.status == 200, name
        jsonschema.validate(reply.json, schema_of(name)["schema"])
    lines = schema_of("search", "application/x-ndjson")["x-line"]
    for line in site.post("search", asked, Accept="application/x-ndjson").lines:
        jsonschema.validate(line, lines)
    told = site.api("openapi.json").json
    assert told == document(OPERATIONS, token=False, books=["digits-train", "photos"])
    (name,) = told["paths"]["/api/v1/codebooks/{name}/map"]["get"]["parameters"]
    assert name["schema"]["enum"] == ["digits-train", "photos"]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 12)
    | st.floats(allow_nan=False)
    | st.sampled_from(["hamming", "a", "", "0,0,1,1", "0.5,.5,1.0,0.25", "12345678901"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "c", "row", "key"]), inner, max_size=4)
    ),
    max_leaves=6,
)
RECORD = Record(
    (
        Field("a", Whole(0, 9), "A.", required=True),
        Field("b", Items(Choice(("a", "hamming")), 3, 1), "B."),
        Field("c", Yes(), "C.", default=True),
        Field("row", Whole(0, 5), "D."),
        Field("key", Text(10), "E."),
    ),
    ("row", "key", "c"),
    {"key": "row"},
)


def accepted(kind, value):
    try:
        kind.read("value", value)
    except UsageError as error:
        assert str(error).endswith((".", "…"))
        return False
    return True


@given(VALUES)
@pytest.mark.parametrize(
    "kind",
    [
        Whole(0, 9),
        Text(10),
        Choice(("a", "hamming")),
        Yes(),
        Maybe(),
        Items(Whole(0, 9), 2),
        Items(Yes(), 3, 1),
    ],
    ids=lambda kind: type(kind).__name__,
)
def test_what_is_accepted_is_what_is_described(kind, value):
    assert accepted(kind, value) == jsonschema.Draft202012Validator(kind.schema()).is_valid(value)


@given(
    st.dictionaries(st.sampled_from(["a", "c", "row", "key", "no"]), VALUES, max_size=4)
    | st.fixed_dictionaries({"a": st.just(1)}, optional={"row": VALUES, "key": VALUES, "c": VALUES})
)
def test_objects_that_are_accepted_are_those_described(value):
    validator = jsonschema.Draft202012Validator(RECORD.schema())
    assert accepted(RECORD, value) == validator.is_valid(value)


def test_a_crop_that_is_described_is_read():
    for text in ("0,0,1,1", "0.5,.25,1.0,0.125"):
        jsonschema.validate(text, Crop().schema())
        assert len(Crop().read("crop", text)) == 4

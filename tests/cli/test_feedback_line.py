"""What is typed in a feedback session."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aehash.cli.feedback_line import Line, understood
from aehash.errors import UsageError


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("+3 -5 7", Line("marks", (3, 7), (5,))),
        ("3,7, -5\n", Line("marks", (3, 7), (5,))),
        ("3 +3 3", Line("marks", (3,), ())),
        ("\N{MINUS SIGN}5 \N{EN DASH}6", Line("marks", (), (5, 6))),
        ("", Line("nothing")),
        (" \t\n", Line("nothing")),
        ("?", Line("help")),
        (" n \n", Line("next")),
        ("U", Line("undo")),
        ("q", Line("quit")),
        ("w", Line("write")),
        ("w my session.jsonl \n", Line("write", file="my session.jsonl")),
    ],
)
def test_what_is_understood(text, line):
    assert understood(text) == line


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("+3 -3", "3 is marked both relevant and irrelevant: mark it one way"),
        ("9 -4 4 -9", "4 is marked both"),
        ("+3 x", "'x' is neither a mark"),
        ("+ 3", r"'\+' is neither a mark"),
        ("+3-5", "is neither a mark"),
        ("3.5", "is neither a mark"),
        ("9" * 5000, "is neither a mark"),
        ("\N{FULLWIDTH DIGIT THREE}", "is neither a mark"),
        ("q now", "q stands alone, without 'now'"),
        ("quit", "'quit' is neither a mark"),
    ],
)
def test_what_is_refused(text, sentence):
    with pytest.raises(UsageError, match=sentence):
        understood(text)


@given(st.lists(st.tuples(st.sampled_from(["+", "-", ""]), st.integers(0, 40)), min_size=1))
def test_marks_are_sorted_by_their_signs_or_refused(marks):
    good = {number for sign, number in marks if sign != "-"}
    bad = {number for sign, number in marks if sign == "-"}
    text = " ".join(f"{sign}{number}" for sign, number in marks)
    if good & bad:
        with pytest.raises(UsageError, match="mark it one way"):
            understood(text)
        return
    line = understood(text)
    assert (set(line.relevant), set(line.irrelevant)) == (good, bad)
    assert len(line.relevant) + len(line.irrelevant) == len(good | bad)


@given(st.text())
def test_any_text_is_understood_or_refused_in_a_sentence(text):
    try:
        understood(text)
    except UsageError as error:
        assert str(error).endswith(".")

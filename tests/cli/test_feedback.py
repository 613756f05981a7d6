"""``aehash feedback`` through pipes and through a real terminal, ended in every way."""

import errno
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
from feedback_books import digits_book

from aehash.cli.main import run

KEY = "all/305"
WORDS = ["feedback", KEY, "--codes", "codes", "--top", "6", "--montage", "none"]
COMMAND = [sys.executable, "-m", "aehash.cli.main", *WORDS]


@pytest.fixture
def typed(digit_books, monkeypatch, capsys):
    """Pipe lines into a session; gives the exit code, stdout and stderr."""

    def call(text, *options):
        data = text if isinstance(text, bytes) else text.encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        code = run([*WORDS, *options])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, " ".join(captured.err.split())

    return call


def lines(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def keys(text):
    """List the keys of each page that was printed."""
    return [re.findall(r"all/\d+", page) for page in text.split("label\n")[1:]]


def test_marks_give_the_next_round(typed):
    code, out, error = typed("+1 -3 2\nn\nq\n")
    assert code == 0
    assert re.findall(r"round \d> .*", out) == ["round 0> +1 -3 2", "round 1> n", "round 1> q"]
    first, second, third = keys(out)
    assert len(first) == len(second) == len(third) == 6
    assert not {*first[:3]} & {*second, *third}
    assert not {*second} & {*third}
    assert "  11  all/" in out
    assert "2 relevant, 1 irrelevant so far" in error
    assert "1 round not written; --session FILE, or w before the end" in error


@pytest.mark.parametrize("end", ["", "\n", "1 2", "q\n"])
def test_the_end_of_the_input_ends_the_session_with_all_kept(typed, end):
    code, _, error = typed("1 -2\n" + end, "--session", "s.jsonl")
    assert code == 0
    rounds = 2 if "1" in end else 1
    assert [line.get("round") for line in lines("s.jsonl")] == [None, *range(1, rounds + 1)]
    assert f"s.jsonl holds {rounds} round" in error
    assert "Go on with: --session s.jsonl" in error


def test_a_session_goes_on(typed):
    _, whole, _ = typed("1 -2\n3\n", "--session", "whole.jsonl")
    typed("1 -2\n", "--session", "s.jsonl")
    _, out, error = typed("3\n", "--session", "s.jsonl")
    assert keys(out) == keys(whole)[1:]
    assert Path("s.jsonl").read_bytes() == Path("whole.jsonl").read_bytes()
    assert "round 1: 1 relevant, 1 irrelevant so far" in error


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("+3 -3", "3 is marked both relevant and irrelevant: mark it one way."),
        ("+1 -77", "There is no 77 here: numbers go from 1 to 6. Nothing was marked."),
        ("0", "There is no 0 here"),
        ("good", "'good' is neither a mark"),
        ("u", "Nothing is marked, so there is nothing to take back."),
        ("w codes/train/codes.npy", "is there already"),
    ],
)
def test_a_wrong_line_marks_nothing_and_asks_again(typed, line, sentence):
    code, out, error = typed(f"{line}\nw s.jsonl\nq\n")
    assert code == 0
    assert sentence in error
    assert out.count("round 0> ") == 3
    assert len(lines("s.jsonl")) == 1


def test_an_empty_line_does_nothing(typed):
    _, out, error = typed("\n   \n1\n\n", "--session", "s.jsonl")
    assert len(keys(out)) == 2
    assert len(lines("s.jsonl")) == 2
    assert "neither" not in error


def test_bytes_that_are_no_text_are_a_sentence(typed):
    code, _, error = typed(b"\xff\xfe 1\nq\n")
    assert code == 0
    assert "is neither a mark" in error


def test_help_lists_what_can_be_typed(typed):
    _, out, _ = typed("?\n")
    for word in ("+3 -5 7", "n  ", "u  ", "w [FILE]", "q  "):
        assert word in out


def test_taking_back_shows_the_first_page_again(typed):
    _, out, _ = typed("1 -2\nu\n")
    first, _, again = keys(out)
    assert first == again


def test_w_writes_and_later_rounds_follow(typed):
    _, _, error = typed("1\nw mine.jsonl\n-1\nw copy.jsonl\n")
    assert "wrote mine.jsonl; mine.jsonl holds 1 round" in error
    assert "wrote copy.jsonl; mine.jsonl holds 2 rounds" in error
    assert [line.get("round") for line in lines("mine.jsonl")] == [None, 1, 2]


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (["--codes", "gone"], 2, "gone holds no codebook"),
        (["--codes", "bare"], 2, "bare/train has no features"),
        (["--codes", "others", "--session", "s.jsonl"], 2, "s.jsonl is a session on the codebook"),
        (["--method", "rocchio", "--session", "s.jsonl"], 2, "leave the option out"),
        (["--method", "none"], 2, "'none' is not one of"),
        (["--top", "0"], 2, "top must be at least 1"),
        (["--seed", "-1"], 2, "-1 is not in the range"),
        (["--montage", "x.txt"], 2, "must end in one of"),
        (["--montage", "x.svg"], 2, "cannot be an .svg"),
        (["--session", "text.jsonl"], 1, "text.jsonl holds no session"),
        (["--session", "codes"], 1, "codes cannot be opened"),
        (["--session", "text.jsonl/x"], 2, "text.jsonl/x cannot be made, since text.jsonl is a"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_refused_is_a_sentence(typed, options, code, sentence):
    typed("1 -2\n", "--session", "s.jsonl")
    codes = digits_book(range(10), "train").codes
    digits_book(range(10), "train", codes=codes, features=None, bits=64).save("bare/train")
    digits_book(range(20), "train").save("others/train")
    Path("text.jsonl").write_text("hello\n")
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    found, _, error = typed("1\n", *options)
    assert sentence in error
    assert found == code
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_a_torn_last_line_is_dropped_and_said(typed):
    typed("1 -2\n3\n", "--session", "s.jsonl")
    data = Path("s.jsonl").read_bytes()
    Path("s.jsonl").write_bytes(data[:-20])
    code, _, error = typed("q\n", "--session", "s.jsonl")
    assert code == 0
    assert "The last line of s.jsonl was cut off and is dropped" in error
    assert "s.jsonl holds 1 round." in error
    typed("3\n", "--session", "s.jsonl")
    assert Path("s.jsonl").read_bytes() == data


def test_a_picture_that_cannot_be_written_does_not_end_the_session(typed, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("aehash.plots.montage", full)
    code, _, error = typed("1\n", "--montage", "a.png", "--session", "s.jsonl")
    assert code == 0
    assert "a.png was not drawn (No space left on device)" in error
    assert len(lines("s.jsonl")) == 2


def test_killed_between_rounds_it_loses_nothing(digit_books):
    command = [*COMMAND, "--session", "s.jsonl"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        for number, marks in enumerate(("1 -2\n", "-3 1\n"), 1):
            process.stdin.write(marks)
            process.stdin.flush()
            text = ""
            while not text.endswith(f"round {number}> "):
                text += process.stdout.read(1)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert [line.get("round") for line in lines("s.jsonl")] == [None, 1, 2]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "round 2: 2 relevant, 2 irrelevant so far" in done.stderr
    assert keys(done.stdout)[0] == keys(text)[0]


@pytest.fixture
def terminal(digit_books):
    """Start a session in a terminal."""
    started = []

    def start(*options):
        environment = {**os.environ, "TERM": "dumb", "COLUMNS": "100"}
        words = [*COMMAND[1:], *options]
        child = pexpect.spawn(
            COMMAND[0], words, env=environment, encoding="utf-8", timeout=60, dimensions=(60, 100)
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.close(force=True)


def test_a_session_in_a_terminal(terminal):
    child = terminal("--session", "s.jsonl", "--montage", "feedback.png")
    child.expect_exact("round 0> ")
    assert "no.  key" in child.before
    assert Path("feedback.png").is_file()
    child.sendline("+1 -1")
    child.expect_exact("1 is marked both relevant and irrelevant")
    child.expect_exact("round 0> ")
    child.sendline("+1 -2 3")
    child.expect_exact("2 relevant, 1 irrelevant so far")
    child.expect_exact("round 1> ")
    assert len(lines("s.jsonl")) == 2
    child.sendline("n")
    child.expect(r"\s12  all/")
    child.expect_exact("round 1> ")
    child.sendline("-12 1")
    child.expect_exact("3 relevant, 2 irrelevant so far")
    child.expect_exact("round 2> ")
    child.sendline("u")
    child.expect_exact("2 relevant, 1 irrelevant so far")
    child.expect_exact("round 3> ")
    child.sendline("w")
    child.expect_exact("wrote  s.jsonl; s.jsonl holds 3 rounds")
    child.expect_exact("round 3> ")
    child.sendline("q")
    child.expect_exact("Go on with: --session s.jsonl")
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == 0


@pytest.mark.parametrize(("end", "code"), [("interrupt", 130), ("eof", 0)])
def test_ctrl_c_and_ctrl_d_keep_the_session_and_say_where(terminal, end, code):
    child = terminal("--session", "s.jsonl")
    child.expect_exact("round 0> ")
    child.sendline("1 -2")
    child.expect_exact("round 1> ")
    child.delaybeforesend = 0.3  # the prompt comes a moment before the line can be edited
    child.send("+5")
    if end == "eof":
        child.send("\b\b")
    (child.sendintr if end == "interrupt" else child.sendeof)()
    child.expect_exact("s.jsonl holds 1 round. Go on with: --session s.jsonl")
    child.expect(pexpect.EOF)
    assert "Traceback" not in child.before
    child.wait()
    assert child.exitstatus == code
    assert len(lines("s.jsonl")) == 2


@pytest.mark.parametrize("name", ["~nobody-of-that-name/x", "/proc/x/y", "a\0b", "x" * 300])
def test_a_file_that_cannot_be_made_loses_no_marks(typed, name):
    code, out, error = typed(f"1 -2\nw {name}\n3\nw s.jsonl\n")
    assert code == 0
    assert "round 2> w s.jsonl" in out
    assert "wrote s.jsonl; s.jsonl holds 2 rounds" in error
    assert len(lines("s.jsonl")) == 3


def test_a_full_disk_does_not_end_the_session_and_is_told_in_the_end(typed, monkeypatch):
    write = os.write
    monkeypatch.setattr(
        os, "write", lambda to, data: write(to, data if b"format" in data else data[:9])
    )
    code, out, error = typed("1 -2\n3\n", "--session", "s.jsonl")
    assert code == 1
    assert len(keys(out)) == 3
    assert "w tries again, w FILE writes all rounds elsewhere" in error
    assert "2 rounds not written" in error
    assert "s.jsonl lacks the last of the rounds" in error
    assert len(lines("s.jsonl")) == 1


def test_commas_alone_are_no_marks(typed):
    _, out, error = typed(" , ,\nu\n1,-2\n,\n", "--session", "s.jsonl")
    assert "Nothing is marked, so there is nothing to take back." in error
    assert len(lines("s.jsonl")) == 2
    assert len(keys(out)) == 2


def test_a_database_of_the_query_alone(typed):
    digits_book(range(305, 306), "train").save("one/train")
    _, out, _ = typed("1\n", "--codes", "one")
    assert "There is no other image." in out
    assert "is marked" not in out


def test_without_an_input_the_page_is_shown(digit_books, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", None)
    assert run(WORDS) == 0
    assert len(keys(capsys.readouterr().out)[0]) == 6


def test_a_key_cannot_break_the_table_or_steer_the_terminal(typed):
    keys = [f"k/{row}" for row in range(30)]
    keys[:3] = ["a\n   9  b", "\x1b[31mred", "ünï\udcff"]
    digits_book(range(30), "train", keys=keys).save("odd/train")
    digits_book(range(305, 306), "test").save("odd/test")
    _, out, _ = typed("1\n", "--codes", "odd", "--top", "30")
    for shown in (r"a\n   9  b", r"\x1b[31mred", "ünï\ufffd"):
        assert shown in out
    assert "\x1b" not in out
    assert len(out.splitlines()) == 1 + 30 + 2 + 1 + 29 + 1

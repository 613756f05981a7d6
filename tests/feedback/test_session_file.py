"""A session on disk grows by whole lines, and what is there is never lost."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.feedback import (
    FeedbackSession,
    Header,
    Rocchio,
    Round,
    SessionFile,
    Svm,
    digest_of,
    rows_of,
)


def make_book(seed=0):
    rows = np.random.default_rng(seed).normal(size=(60, 8)).astype(np.float32)
    keys = [f"train/{row}" if row else "ünï\n/0" for row in range(60)]
    return Codebook.from_arrays(features=rows, keys=keys)


@pytest.fixture
def book():
    return make_book()


@pytest.fixture
def header(book):
    return Header(digest_of(book), "query.jpg", book.features[5] + 1, Svm("rbf", presumed=9), 3)


def play(file, book, rounds=2):
    """Go on for some rounds, marking the first page's even rows."""
    session = file.session(book)
    for _ in range(rounds):
        page = session.page(6).rows
        session.mark(page[page % 2 == 0], page[page % 2 == 1])
        session.refine()
        file.record(session, book)
    return session


@pytest.mark.parametrize("method", [Svm("rbf", presumed=9), Svm(), Rocchio(beta=0.5)])
def test_a_session_is_continued_as_it_was(tmp_path, book, method):
    header = Header(digest_of(book), "ünï\n/0", book.features[0], method, 3, own="ünï\n/0")
    with SessionFile.create(tmp_path / "a" / "s.jsonl", header) as file:
        before = play(file, book)
    with SessionFile.continued(tmp_path / "a" / "s.jsonl", digest_of(book)) as file:
        after = file.session(book)
        assert file.dropped is None
        assert file.header.method == method
        assert [each.round for each in file.rounds] == [1, 2]
        assert file.rounds[-1].page[0][0] == book.key(before.page(1).rows[0])
    assert (after.round, after.own, after.seed) == (2, 0, 3)
    assert after.marks == before.marks
    assert after.ranking().rows.tolist() == before.ranking().rows.tolist()
    assert after.ranking().scores.tolist() == before.ranking().scores.tolist()


def test_each_line_is_json_with_keys_marks_and_scores(tmp_path, book, header):
    with SessionFile.create(tmp_path / "s.jsonl", header) as file:
        session = play(file, book)
    first, *rounds = map(json.loads, (tmp_path / "s.jsonl").read_text().splitlines())
    assert first["format"] == "aehash-feedback"
    assert first["codebook"] == digest_of(book)
    assert first["method"] == {
        "name": "svm_rbf",
        "kernel": "rbf",
        "penalty": 1.0,
        "gamma": 1.0,
        "presumed": 9,
        "normalise": True,
    }
    assert rows_of(book, rounds[1]["relevant"]).tolist() == session.marks.relevant.tolist()
    shown = session.page(20)
    assert [each["score"] for each in rounds[1]["page"]] == shown.scores.tolist()


@pytest.mark.parametrize("cut", range(1, 40, 6))
def test_a_last_line_that_was_cut_off_is_dropped_and_said(tmp_path, book, header, cut):
    path = tmp_path / "s.jsonl"
    with SessionFile.create(path, header) as file:
        play(file, book)
    whole = path.read_bytes()
    path.write_bytes(whole[: -cut - 1])
    with SessionFile.continued(path, digest_of(book)) as file:
        assert "cut off and is dropped: the session goes on from round 1" in file.dropped
        assert path.read_bytes() == b"".join(whole.splitlines(keepends=True)[:2])
        play(file, book, 1)
    assert path.read_bytes() == whole


def test_a_line_that_lacks_only_its_end_is_kept(tmp_path, book, header):
    path = tmp_path / "s.jsonl"
    with SessionFile.create(path, header) as file:
        play(file, book)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with SessionFile.continued(path, digest_of(book)) as file:
        assert file.dropped is None
    assert path.read_bytes() == whole


def test_a_session_of_another_codebook_is_refused(tmp_path, book, header):
    other = digest_of(make_book(1))
    SessionFile.create(tmp_path / "s.jsonl", header).close()
    with pytest.raises(UsageError, match=f"{digest_of(book)}.*{other}"):
        SessionFile.continued(tmp_path / "s.jsonl", other)


def test_a_saved_codebook_has_the_digest_of_its_files(tmp_path, book):
    for name, each in (("a", book), ("b", book), ("c", make_book(1))):
        each.save(tmp_path / name)
    one, same, other = (digest_of(Codebook.load(tmp_path / name)) for name in "abc")
    assert one == same != other


def spoil(line, **changes):
    return json.dumps({**json.loads(line), **changes}).encode() + b"\n"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda lines: [], "its first line is cut off"),
        (lambda lines: [lines[0][:30]], "its first line is cut off"),
        (lambda lines: [b"{}\n", *lines[1:]], "is no feedback session"),
        (lambda lines: [b"[" * 100_000 + b"\n", *lines[1:]], "its first line is cut off"),
        (lambda lines: [spoil(lines[0], vector=[10**400])], "first line .* is damaged"),
        (lambda lines: [spoil(lines[0], version=2)], "is of version 2"),
        (lambda lines: [spoil(lines[0], method={"name": "x"})], "first line .* is damaged"),
        (lambda lines: [spoil(lines[0], vector=["x"])], "first line .* is damaged"),
        (lambda lines: [lines[0], b"\0\0\n", lines[2]], "Line 2 .* should be round 1"),
        (lambda lines: [lines[0], lines[2]], "Line 2 .* should be round 1"),
        (lambda lines: [lines[0], spoil(lines[1], relevant=[1])], "Line 2 .* is damaged"),
    ],
)
def test_damage_is_said_and_the_file_left_as_it_is(tmp_path, book, header, change, sentence):
    path = tmp_path / "s.jsonl"
    with SessionFile.create(path, header) as file:
        play(file, book)
    damaged = b"".join(change(path.read_bytes().splitlines(keepends=True)))
    path.write_bytes(damaged)
    with pytest.raises(AehashError, match=sentence):
        SessionFile.continued(path, digest_of(book))
    assert path.read_bytes() == damaged


def test_wrong_use_is_refused_in_a_sentence(tmp_path, book, header):
    path = tmp_path / "s.jsonl"
    with pytest.raises(AehashError, match="is missing"):
        SessionFile.continued(path, digest_of(book))
    with SessionFile.create(path, header) as file:
        with pytest.raises(UsageError, match="is there already"):
            SessionFile.create(path, header)
        with pytest.raises(AehashError, match="is open in another process"):
            SessionFile.continued(path, digest_of(book))
        with pytest.raises(UsageError, match="Round 2 does not follow"):
            file.append(Round(2, (), (), ()))
        file.append(Round(1, ("gone",), (), ()))
        with pytest.raises(AehashError, match="no row 'gone'"):
            file.session(book)


@pytest.mark.parametrize("part", [0, 10])
def test_a_full_disk_leaves_the_rounds_before_it(tmp_path, book, header, monkeypatch, part):
    path = tmp_path / "s.jsonl"
    with SessionFile.create(path, header) as file:
        play(file, book, 1)
        whole, write = path.read_bytes(), os.write
        monkeypatch.setattr(os, "write", lambda to, data: write(to, data[:part]))
        with pytest.raises(AehashError, match="the disk is full"):
            play(file, book, 1)
        assert path.read_bytes() == whole
        monkeypatch.undo()
        play(file, book, 1)
        assert len(file.rounds) == 2


def test_a_killed_process_loses_no_round(tmp_path, book, header):
    path, saved = tmp_path / "s.jsonl", tmp_path / "book"
    book.save(saved)
    code = textwrap.dedent(
        """
        import sys
        from aehash.codebook import Codebook
        from aehash.feedback import Header, SessionFile, Svm, digest_of
        book = Codebook.load(sys.argv[2])
        header = Header(digest_of(book), "q", book.features[5], Svm())
        file = SessionFile.create(sys.argv[1], header)
        session = file.session(book)
        while True:
            page = session.page(2).rows
            session.mark(page[:1], page[1:])
            session.refine()
            file.record(session, book)
            print(session.round, flush=True)
        """
    )
    arguments = [sys.executable, "-c", code, str(path), str(saved)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as child:
        for _ in range(5):
            told = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        told = max([told, *map(int, child.stdout.read().split())])
    book = Codebook.load(saved)
    with SessionFile.continued(path, digest_of(book)) as file:
        assert len(file.rounds) >= told >= 5
        session = file.session(book)
    assert len(session.marks) == 2 * session.round
    assert isinstance(session, FeedbackSession)


def test_a_file_that_was_removed_or_replaced_takes_no_round(tmp_path, book, header):
    path = tmp_path / "s.jsonl"
    with SessionFile.create(path, header) as file:
        play(file, book, 1)
        path.rename(tmp_path / "aside")
        for replaced in (False, True):
            if replaced:
                path.write_text("another")
            with pytest.raises(AehashError, match="was removed or replaced"):
                play(file, book, 1)
        assert path.read_text() == "another"
        (tmp_path / "aside").replace(path)
        play(file, book, 1)
        assert len(file.rounds) == 2


def test_nothing_is_left_of_a_file_whose_folder_cannot_be_flushed(
    tmp_path, book, header, monkeypatch
):
    def refused(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("aehash.feedback.session_file.fsync", refused)
    with pytest.raises(AehashError, match=r"cannot be made \(Permission denied\)"):
        SessionFile.create(tmp_path / "s.jsonl", header)
    assert not list(tmp_path.iterdir())


def test_a_disk_without_locks_is_not_called_another_process(tmp_path, header, monkeypatch):
    def none(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", none)
    with pytest.raises(AehashError, match="No locks available"):
        SessionFile.create(tmp_path / "s.jsonl", header)


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "x" * 300 + "/y"])
def test_a_name_that_cannot_be_a_file_is_a_sentence(tmp_path, header, name):
    with pytest.raises(AehashError, match=r"NUL in its name|File name too long"):
        SessionFile.create(tmp_path / name, header)


def test_rows_by_keys_are_those_of_an_obvious_twin(book):
    keys = [book.key(row) for row in (7, 0, 59, 7)]
    assert rows_of(book, keys).tolist() == [7, 0, 59, 7]
    assert rows_of(book, []).tolist() == []
    for wrong in ("", "train/", "train/77", "zzz", "ünï"):
        with pytest.raises(AehashError, match="no row"):
            rows_of(book, [*keys, wrong])

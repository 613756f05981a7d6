"""Sessions as a person has them: numbers, pages, marks taken back, files, and what is refused."""

import os
from pathlib import Path

import numpy as np
import pytest
from feedback_books import DATABASE, digits_book
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aehash import workflow
from aehash.codebook import Codebook
from aehash.errors import AehashError, UsageError
from aehash.feedback import FeedbackSession, Header, SessionFile, digest_of, method_of
from aehash.workflow.feedback_desk import Desk
from aehash.workflow.query import Query

KEY = "all/305"
CODES = Path("codes")


def opened(**options):
    return workflow.feedback(KEY, **{"codes": CODES, "top": 5, **options})


def test_the_first_page_is_the_search(digit_books):
    for metric in ("euclidean", "hamming"):
        desk = opened(metric=metric).desk
        found = workflow.search(KEY, codes=CODES, metric=metric, top=10)
        desk.next_page()
        page = desk.page()
        assert [each.number for each in page] == [6, 7, 8, 9, 10]
        assert [each.key for each in page] == [hit.key for hit in found.hits[5:]]
        assert [each.value for each in page] == pytest.approx([h.distance for h in found.hits[5:]])
        assert [each.label for each in page] == [hit.label for hit in found.hits[5:]]
        assert desk.measure == "distance"


def test_marks_are_those_of_the_session(digit_books):
    desk = opened().desk
    shown = desk.page()
    desk.next_page()
    shown += desk.page()
    desk.mark([1, 7], [3])
    book = Codebook.load(CODES / "train")
    session = FeedbackSession(desk.session.query, book.features)
    session.mark([shown[0].row, shown[6].row], [shown[2].row])
    session.refine()
    assert [each.row for each in desk.page()] == session.page(5).rows.tolist()
    assert desk.measure == "score"
    assert desk.marked() == {
        True: [book.key(row) for row in session.marks.relevant],
        False: [book.key(row) for row in session.marks.irrelevant],
    }
    with pytest.raises(UsageError, match="no 6 here: numbers go from 1 to 5"):
        desk.mark([6], [])


def test_nothing_is_marked_where_a_number_is_wrong(digit_books):
    desk = opened().desk
    before = desk.page()
    for marks in (([0], []), ([1, 6], []), ([2], [2])):
        with pytest.raises(UsageError):
            desk.mark(*marks)
    assert desk.page() == before
    assert desk.session.round == len(desk.session.marks) == desk.unwritten == 0
    with pytest.raises(UsageError, match="nothing to take back"):
        desk.undo()


def test_the_last_page_and_a_database_that_is_all_marked(digit_books):
    desk = opened(top=DATABASE - 1).desk
    desk.next_page()
    assert len(desk.page()) == 1
    with pytest.raises(UsageError, match="no more results"):
        desk.next_page()
    desk.mark(range(1, DATABASE + 1), [])
    assert desk.page() == []
    with pytest.raises(UsageError, match="nothing is shown"):
        desk.mark([1], [])


def test_the_query_itself_is_no_result(digit_books):
    desk = workflow.feedback("all/7", codes=CODES, top=DATABASE).desk
    keys = [each.key for each in desk.page()]
    assert len(keys) == DATABASE - 1
    assert "all/7" not in keys
    assert desk.query.label == "7"


@settings(max_examples=25)
@given(moves=st.lists(st.one_of(st.just("u"), st.sets(st.integers(1, 9), min_size=1)), max_size=6))
def test_taking_back_returns_to_what_was(moves):
    book = digits_book(range(60), "train")
    query = book.features[0] + np.float32(0.5)
    session = FeedbackSession(query, book.features, method=method_of("rocchio"))
    header = Header(digest_of(book), "q", session.query, session.method)
    desk = Desk(book, Path(), Query("q", book.codes[0], query, None), session, header, top=4)
    pages = [desk.page()]
    for move in moves:
        if move == "u":
            if len(pages) > 1:
                desk.undo()
                pages.pop()
        elif max(move) <= 4:
            desk.mark([each for each in move if each % 2], [each for each in move if not each % 2])
            pages.append(desk.page())
        assert desk.page() == pages[-1]
    again = Desk(book, Path(), desk.query, session, header, top=4, rounds=desk._rounds)
    assert again.page() == pages[-1]
    for page in pages[-2::-1]:  # a session that is continued takes back as far
        again.undo()
        assert again.page() == page
    with pytest.raises(UsageError, match="nothing to take back"):
        again.undo()


@pytest.mark.parametrize("metric", ["euclidean", "hamming"])
@pytest.mark.parametrize("method", ["svm", "svm_rbf", "rocchio", "nearest_positive"])
def test_a_session_goes_on_where_it_was(digit_books, method, metric):
    first = opened(method=method, metric=metric, seed=3, session=Path("s.jsonl")).desk
    first.mark([1, 2], [3])
    first.mark([4], [])
    first.close()
    again = opened(session=Path("s.jsonl"))
    assert again.notes == ()
    assert again.desk.page() == first.page()
    assert again.desk.session.round == 2
    again.desk.mark([1], [2])
    again.desk.close()
    assert len(SessionFile.continued("s.jsonl", digest_of(again.desk.book)).rounds) == 3


def test_a_session_is_written_when_asked_and_from_then_on(digit_books):
    desk = opened().desk
    desk.mark([1], [2])
    assert (desk.where, desk.unwritten) == (None, 1)
    assert desk.write() == Path("feedback.jsonl")
    assert desk.where == "feedback.jsonl holds 1 round"
    desk.mark([1], [])
    assert (desk.where, desk.unwritten) == ("feedback.jsonl holds 2 rounds", 0)
    assert desk.write() == desk.write(Path("./feedback.jsonl")) == Path("feedback.jsonl")
    assert desk.write(Path("copy.jsonl")) == Path("copy.jsonl")
    assert Path("copy.jsonl").read_bytes() == Path("feedback.jsonl").read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        desk.write(Path("copy.jsonl"))
    with pytest.raises(AehashError, match="cannot be made"):
        desk.write(Path("copy.jsonl/deep/x"))


@pytest.mark.parametrize(
    ("query", "options", "sentence"),
    [
        ("all/306", {}, "is a session of the query all/305, not of all/306"),
        (KEY, {"method": "rocchio"}, "with --method svm, not rocchio"),
        (KEY, {"metric": "hamming"}, "with --metric euclidean, not hamming"),
        (KEY, {"seed": 1}, "with --seed 0, not 1"),
        (KEY, {"codes": Path("other")}, "is a session on the codebook"),
    ],
)
def test_a_session_of_something_else_is_refused_and_kept(digit_books, query, options, sentence):
    desk = opened(session=Path("s.jsonl")).desk
    desk.mark([1], [2])
    desk.close()
    book = Codebook.load(CODES / "train")
    Codebook.from_arrays(features=book.features + 1, keys=[f"all/{n}" for n in range(300)]).save(
        "other/train"
    )
    Codebook.load(CODES / "test").save("other/test")
    before = Path("s.jsonl").read_bytes()
    with pytest.raises(UsageError, match=sentence):
        workflow.feedback(query, **{"codes": CODES, "session": Path("s.jsonl"), **options})
    assert Path("s.jsonl").read_bytes() == before
    assert opened(session=Path("s.jsonl")).desk.session.round == 1  # it was not left locked


def test_a_session_without_its_querys_codebook_goes_on_and_says_so(digit_books):
    desk = opened(session=Path("s.jsonl")).desk
    desk.mark([1], [2])
    desk.close()
    (CODES / "test").rename("gone")
    again = opened(session=Path("s.jsonl"))
    assert again.desk.page() == desk.page()
    assert "goes on with what it holds of the query: There is no file" in again.notes[0]


def test_a_query_whose_features_are_others_is_refused(digit_books):
    opened(session=Path("s.jsonl")).desk.close()
    digits_book(range(40), "test", keys=[f"all/{n}" for n in range(300, 340)]).save(CODES / "test")
    with pytest.raises(UsageError, match=r"no longer the image that s\.jsonl is about"):
        opened(session=Path("s.jsonl"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"top": 0}, "top must be at least 1"),
        ({"seed": -1}, "seed must be 0 or more"),
        ({"method": "svn"}, "Did you mean 'svm'"),
        ({"metric": "cosine"}, "no metric 'cosine'"),
        ({"montage": Path("x.txt")}, "must end in one of"),
        ({"session": Path("codes")}, "cannot be opened"),
    ],
)
def test_wrong_options_leave_nothing(digit_books, options, sentence):
    before = set(digit_books.rglob("*"))
    with pytest.raises(AehashError, match=sentence):
        opened(**{"session": Path("s.jsonl"), **options})
    assert set(digit_books.rglob("*")) == before


def test_without_features_there_are_codes(digit_books):
    codes = digits_book(range(DATABASE), "train").codes
    digits_book(range(DATABASE), "train", codes=codes, features=None, bits=64).save("bare/train")
    digits_book(range(300, 310), "test").save("bare/test")
    with pytest.raises(UsageError, match=r"has no features.* --metric hamming"):
        opened(codes=Path("bare"))
    assert opened(codes=Path("bare"), metric="hamming").desk.page()
    digits_book(range(300, 310), "test", codes=codes[:10], features=None, bits=64).save("bare/test")
    digits_book(range(DATABASE), "train").save("bare/train")
    with pytest.raises(UsageError, match="64 features a row and the query all/305 has none"):
        opened(codes=Path("bare"))


def test_the_picture(digit_books):
    session = opened(montage=Path("feedback.png"))
    assert session.album.draw(session.desk, session.desk.page())
    with Image.open("feedback.png") as picture:
        first = np.asarray(picture)
    session.desk.mark([1, 2], [3])
    assert session.album.draw(session.desk, session.desk.page())
    with Image.open("feedback.png") as picture:
        second = np.asarray(picture)
    assert len(second) > len(first)  # a line more, for what was marked irrelevant

    def framed(pixels, colour):
        return (pixels == colour).all(axis=-1).any()

    for colour in ((46, 125, 50), (198, 40, 40)):
        assert framed(second, colour)
        assert not framed(first, colour)


def test_without_images_there_is_no_picture(digit_books):
    for split, rows in (("train", range(300)), ("test", range(300, 340))):
        digits_book(rows, split, source="nowhere").save(f"codes/{split}")
    session = opened(montage=Path("feedback.png"))
    assert not session.album.draw(session.desk, session.desk.page())
    assert not Path("feedback.png").exists()


@pytest.mark.training
def test_an_image_file(trained, extracted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pixels = np.load(trained.data)["images"]
    book = Codebook.load(extracted / "train")
    row = int(book.key(3).split("/")[1])
    Image.fromarray(pixels[row]).save("photo.png")
    options = {"codes": extracted, "session": Path("s.jsonl"), "top": 3}
    desk = workflow.feedback("photo.png", **options).desk
    assert desk.page()[0].key == book.key(3)
    desk.mark([1], [2])
    desk.close()
    assert desk.header.query == str(tmp_path / "photo.png")
    again = workflow.feedback("photo.png", **options).desk
    assert again.page() == desk.page()
    again.close()
    other = np.abs(255 - pixels[row].astype(int)).astype(np.uint8)
    Image.fromarray(other).save("photo.png")
    with pytest.raises(UsageError, match="no longer the image"):
        workflow.feedback("photo.png", **options)
    with pytest.raises(UsageError, match="would replace the query"):
        workflow.feedback("photo.png", codes=extracted, montage=Path("photo.png"))


def test_rounds_a_full_disk_refused_are_written_later_or_elsewhere(digit_books, monkeypatch):
    desk = opened(session=Path("s.jsonl")).desk
    desk.mark([1], [2])
    whole = Path("s.jsonl").read_bytes()
    write = os.write
    monkeypatch.setattr(os, "write", lambda to, data: write(to, data[:9]))
    for marks in (([3], []), ([], [1])):
        with pytest.raises(AehashError, match="the disk is full"):
            desk.mark(*marks)
    with pytest.raises(AehashError, match="the disk is full"):
        desk.write(Path("other.jsonl"))
    assert not Path("other.jsonl").exists()
    assert Path("s.jsonl").read_bytes() == whole
    assert (desk.session.round, desk.unwritten) == (3, 2)
    monkeypatch.setattr(os, "write", write)
    assert desk.write(Path("other.jsonl")) == Path("other.jsonl")
    assert desk.unwritten == 0
    desk.mark([1], [])
    assert desk.where == "other.jsonl holds 4 rounds"
    desk.close()
    assert opened(session=Path("other.jsonl")).desk.page() == desk.page()
    first = opened(session=Path("s.jsonl")).desk
    assert first.session.round == 1


def test_a_code_may_differ_by_a_bit_as_it_does_between_machines(digit_books):
    opened(session=Path("s.jsonl"), metric="hamming").desk.close()
    book = Codebook.load(CODES / "test")
    features = np.array(book.features)
    for flipped, refused in ((1, False), (9, True)):
        features[5, :flipped] = -features[5, :flipped] - 0.5
        changed = digits_book(range(300, 340), "test", features=features)
        differing = np.unpackbits(changed.codes[5] ^ book.codes[5]).sum()
        assert differing == flipped
        changed.save(CODES / "test")
        if refused:
            with pytest.raises(UsageError, match="its codes are others"):
                opened(session=Path("s.jsonl"))
        else:
            opened(session=Path("s.jsonl")).desk.close()
        features = np.array(book.features)

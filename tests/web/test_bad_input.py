"""Whatever comes, the answer is a sentence in JSON with the status that fits."""

import io
import json
import zipfile
import zlib

import numpy as np
import pytest
from web_site import running

pytestmark = pytest.mark.training
BOOK = "digits-train"
CONTENT = {"Content-Type": "application/json"}


def refused(reply, status, *words):
    assert reply.status == status, reply.body
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.json["error"]["status"] == status
    for word in words:
        assert word in reply.message
    return reply.message


def png_of(width, height):
    """Write a PNG whose header lies about its size."""
    chunks = {
        b"IHDR": width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\0\0\0\0",
        b"IDAT": zlib.compress(b"\0" * 100),
        b"IEND": b"",
    }
    body = b"".join(
        len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
        for kind, data in chunks.items()
    )
    return b"\x89PNG\r\n\x1a\n" + body


def zipped():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.jpg", "a" * 1000)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "status", "word"),
    [
        (b"this is text named .jpg", 415, "its format is none of JPEG"),
        (b"", 415, "it is empty"),
        (zipped(), 415, "its format is none of"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", 415, "its format is none of"),
        (png_of(8000, 6500), 413, "8,000×6,500 pixels, and 40,000,000 are allowed"),
        (png_of(60000, 60000), 413, "40,000,000"),
        (png_of(30, 30), 415, "not a readable image"),
    ],
    ids=["text", "empty", "zip", "postscript", "bomb", "huge", "cut"],
)
def test_what_is_no_picture(site, data, status, word):
    refused(site.upload("search", data, codebook=BOOK), status, word)
    refused(site.upload(f"codebooks/{BOOK}/reconstruction", data), status, word)


def test_a_jpeg_of_too_many_passes(site, picture):
    data = picture(np.zeros((8, 8)), "JPEG")
    refused(site.upload("search", data + b"\xff\xda" * 500, codebook=BOOK), 413, "passes")


def test_a_picture_that_takes_too_long(books, picture):
    """A JPEG of few bytes whose last pass comes again and again; the next picture is searched."""
    data = picture(np.full((3000, 3000, 3), 90), "JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    slow = data[:-2] + 190 * last + data[-2:]
    with running(books.shelf, decoding=0.5) as site:
        assert site.upload("search", picture(np.eye(9)), codebook=BOOK).status == 200
        refused(site.upload("search", slow, codebook=BOOK), 413, "more than 0.5 s", "save it anew")
        assert site.upload("search", picture(np.eye(9)), codebook=BOOK).status == 200


@pytest.mark.parametrize(
    ("crop", "word"),
    [
        ("0.5,0.5,0,0.2", "is empty"),
        ("nan,0,1,1", "is empty"),
        ("0,0,1e-400,1", "is empty"),
        ("0.5,0.5,0.8,0.2", "reaches outside"),
        ("-0.5,0,1,1", "reaches outside"),
        ("a,b", "left,top,width,height"),
        ("", "left,top,width,height"),
    ],
)
def test_crops(site, picture, crop, word):
    reply = site.upload("search", picture(np.zeros((9, 9))), codebook=BOOK, crop=crop)
    refused(reply, 400, "rop", word)


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"k": 0}, 400, ["k must be", "from 1 to 1000", "not 0"]),
        ({"k": 10**9}, 400, ["not 1000000000"]),
        ({"k": 10**400}, 400, ["k must be"]),
        ({"k": "3"}, 400, ["k must be"]),
        ({"k": True}, 400, ["k must be"]),
        ({"k": 2.5}, 400, ["k must be"]),
        ({"radius": -1}, 400, ["radius must be"]),
        ({"radius": 17}, 400, ["radius is 17", "16 bits"]),
        ({"radius": 3, "metric": "euclidean"}, 400, ["A radius counts bits"]),
        ({"metric": "cosine"}, 400, ["no metric 'cosine'", "euclidean"]),
        ({"label": "eleven"}, 404, ["no label 'eleven'"]),
        ({"codebook": "nope"}, 404, ["no codebook 'nope'", BOOK]),
        ({"row": 10**6}, 404, ["no row 1000000"]),
        ({"row": None, "key": "nothing"}, 404, ["key 'nothing'"]),
        ({"key": "nothing"}, 409, ["codebook has changed"]),
        ({"row": None}, 400, ["Give one of", "none is there"]),
        ({"query": "AAAA"}, 400, ["row and query together"]),
        ({"kk": 3}, 400, ["no field 'kk'", "Did you mean 'k'?"]),
        ({"image": "text"}, 400, ["no field 'image'"]),
    ],
)
def test_wrong_searches(site, asked, status, words):
    refused(site.post("search", {"codebook": BOOK, "row": 3, **asked}), status, *words)


def test_five_point_nought_is_whole(site):
    reply = site.post("search", {"codebook": BOOK, "row": 3, "k": 5.0})
    assert len(reply.json["results"]) == 5


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"3", b'{"row": NaN}', b"\xff\xfe", b"[" * 100_000, b'{"k": 1e999}'],
)
def test_bodies_that_are_no_object(site, body):
    refused(site.ask("POST", "/api/v1/search", body, CONTENT), 400)
    refused(site.ask("POST", "/api/v1/feedback", body, CONTENT), 400)


def test_other_types_of_body(site):
    refused(site.ask("POST", "/api/v1/search", b"x", {"Content-Type": "text/plain"}), 415, "multi")
    reply = site.ask("POST", "/api/v1/search", b"x", {"Content-Type": "multipart/form-data"})
    assert reply.status == 400
    refused(site.ask("POST", "/api/v1/feedback", b"x"), 415, "application/json, not 'nothing'")


@pytest.mark.parametrize(
    ("rounds", "status", "word"),
    [
        ([], 400, "Nothing is marked"),
        ([{"marks": []}], 400, "Nothing is marked"),
        ([{}], 400, "marks is missing"),
        ([{"marks": [{"row": 1}]}], 400, "relevant is missing"),
        ([{"marks": [{"row": 3, "relevant": True}]}], 400, "is the query itself"),
        ([{"marks": [{"row": 10**7, "relevant": True}]}], 404, "no row 10000000"),
        ([{"marks": [{"row": 4, "key": "other", "relevant": True}]}], 409, "has changed"),
        ([{"marks": [{"row": 4, "relevant": "yes"}]}], 400, "true or false"),
        ("none", 400, "rounds must be a list"),
    ],
)
def test_wrong_feedback(site, rounds, status, word):
    asked = {"codebook": BOOK, "row": 3, "rounds": rounds}
    refused(site.post("feedback", asked), status, word)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/api/v1/nothing", 404),
        (f"/api/v1/codebooks/{BOOK}/items/abc", 400),
        (f"/api/v1/codebooks/{BOOK}/items/-1", 400),
        (f"/api/v1/codebooks/{BOOK}/items/999999", 404),
        (f"/api/v1/codebooks/{BOOK}/items/..%2f..%2fetc/image", 404),
        (f"/api/v1/codebooks/{BOOK}/items?key=..%2f..%2fetc%2fpasswd", 404),
        (f"/api/v1/codebooks/{BOOK}/items?key=a%00b", 404),
        (f"/api/v1/codebooks/{BOOK}/items", 400),
        (f"/api/v1/codebooks/{BOOK}/items/1/image?size=100000", 400),
        (f"/api/v1/codebooks/{BOOK}/items/1/image?size=20&size=30", 400),
        (f"/api/v1/codebooks/{BOOK}/duplicates?radius=17", 400),
        (f"/api/v1/codebooks/{BOOK}/random?count=0", 400),
        (f"/api/v1/codebooks/{BOOK}/random?label=eleven", 404),
        ("/page/../app.py", 404),
        ("/page/..%2fapp.py", 404),
        ("/page/%2fetc%2fpasswd", 404),
    ],
)
def test_wrong_addresses(site, path, status):
    refused(site.get(path), status)


def test_wrong_methods_name_the_right_one(site):
    for method in ("DELETE", "PUT", "PATCH", "OPTIONS", "GET"):
        reply = site.ask(method, "/api/v1/search")
        assert refused(reply, 405)
        assert "POST" in reply.headers["Allow"]


def test_what_is_no_http(site):
    import socket

    with socket.create_connection(("127.0.0.1", site.port), 10) as raw:
        raw.sendall(b"GARBAGE\r\n\r\n")
        head, _, body = raw.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 400")
    assert json.loads(body)["error"]["status"] == 400
    assert b"nosniff" in head

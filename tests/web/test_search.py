"""A search answers what the library's own search answers, in one piece or line by line."""

import base64

import numpy as np
import pytest
from PIL import Image

from aehash import workflow
from aehash.index import hamming_distances

BOOK = "digits-train"


def keys(reply):
    assert reply.status == 200, reply.body
    return [each["key"] for each in reply.json["results"]]


@pytest.mark.training
def test_the_codebooks_are_described(site, books):
    digits, photos = site.api("codebooks").json["codebooks"]
    assert digits["name"] == BOOK
    assert (digits["rows"], digits["bits"]) == (len(books.digits), 16)
    assert digits["metrics"] == ["hamming", "euclidean", "reranked"]
    assert digits["model"]["state"] == "ready"
    assert digits["model"]["reconstructs"]
    assert photos["model"]["state"] == "none"
    assert photos["model"]["message"]
    assert [each["name"] for each in photos["classes"]] == ["b", "g", "r"]
    assert sum(each["count"] for each in photos["classes"]) == photos["rows"] == 30


@pytest.mark.training
@pytest.mark.parametrize("metric", ["hamming", "euclidean", "reranked"])
def test_a_row_finds_what_the_library_finds(site, books, trained, extracted, metric):
    key = books.digits.key(7)
    reply = site.post("search", {"codebook": BOOK, "row": 7, "metric": metric, "k": 12})
    found = workflow.search(
        key,
        codes=extracted / "train",
        runs=trained.root / "runs",
        top=12,
        metric="euclidean" if metric == "euclidean" else "hamming",
        reorder=metric == "reranked",
    )
    assert keys(reply) == [hit.key for hit in found.hits]
    distances = [each["distance"] for each in reply.json["results"]]
    assert distances == pytest.approx([hit.distance for hit in found.hits])
    assert [each["label"] for each in reply.json["results"]] == [hit.label for hit in found.hits]
    by_key = site.post("search", {"codebook": BOOK, "key": key, "metric": metric, "k": 12})
    assert by_key.json["results"] == reply.json["results"]


@pytest.mark.training
def test_an_upload_is_hashed_as_the_library_hashes_it(site, trained, extracted, tmp_path, picture):
    pixels = np.load(trained.data)["images"][100]
    data = picture(pixels)
    (tmp_path / "digit.png").write_bytes(data)
    found = workflow.search(
        str(tmp_path / "digit.png"), codes=extracted / "train", runs=trained.root / "runs", top=5
    )
    reply = site.upload("search", data, codebook=BOOK, k=5)
    assert keys(reply) == [hit.key for hit in found.hits]
    query = reply.json["query"]
    assert bytes.fromhex(query["code"]) == bytes(found.query.code)
    assert query["row"] is None
    assert query["key"] is None
    again = site.post("search", {"codebook": BOOK, "query": query["query"], "k": 5})
    assert again.json["results"] == reply.json["results"]


@pytest.mark.training
def test_a_crop_is_a_part_of_the_upright_picture(site, trained, picture):
    pixels = np.load(trained.data)["images"][3]
    wide = np.zeros((16, 24), np.uint8)
    wide[8:, 8:16] = pixels
    plain = site.upload("search", picture(pixels), codebook=BOOK, k=5)
    crop = "0.333333,0.5,0.333333,0.5"
    cut = site.upload("search", picture(wide), codebook=BOOK, k=5, crop=crop)
    assert keys(cut) == keys(plain)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    lying = np.rot90(wide)
    turned = picture(lying, "TIFF", exif=exif)
    assert keys(site.upload("search", turned, codebook=BOOK, k=5, crop=crop)) == keys(plain)


@pytest.mark.training
def test_a_label_and_a_radius_leave_others_out(site, books):
    asked = {"codebook": "photos", "row": 4, "k": 1000, "label": "g"}
    reply = site.post("search", asked).json
    assert {each["label"] for each in reply["results"]} == {"g"}
    assert reply["found"] == reply["total"] == 10
    book = books.photos
    distances = hamming_distances(book.codes[4:5], book.codes)[0]
    near = site.post("search", {"codebook": "photos", "row": 4, "radius": 9, "k": 2}).json
    assert near["found"] == int((distances <= 9).sum())
    assert len(near["results"]) == 2
    assert near["histogram"]["cut"] == 9


@pytest.mark.training
@pytest.mark.parametrize("label", [None, "r"])
def test_the_histogram_counts_every_row(site, books, label):
    asked = {"codebook": "photos", "row": 4, "k": 3, "label": label}
    told = site.post("search", asked).json["histogram"]
    book = books.photos
    distances = hamming_distances(book.codes[4:5], book.codes)[0]
    if label:
        distances = distances[book.labels == 2]
    assert told["counts"] == np.bincount(distances, minlength=33).tolist()
    assert told["distances"] == list(range(33))
    assert told["cut"] == np.sort(distances)[2]
    euclidean = site.post("search", {**asked, "metric": "euclidean"}).json["histogram"]
    assert sum(euclidean["counts"]) == len(distances)


@pytest.mark.training
def test_lines_hold_what_the_whole_answer_holds(site):
    asked = {"codebook": BOOK, "row": 3, "k": 90}
    whole = site.post("search", asked).json
    reply = site.post("search", asked, Accept="application/x-ndjson")
    assert reply.headers["Content-Type"] == "application/x-ndjson"
    events = [line["event"] for line in reply.lines]
    assert events == ["query", "progress", "results", "results", "histogram", "done"]
    told = [each for line in reply.lines if "results" in line for each in line["results"]]
    assert told == whole["results"]
    assert reply.lines[0]["query"] == whole["query"]
    assert reply.lines[-1]["found"] == whole["found"]


@pytest.mark.training
def test_a_query_is_of_its_codebook_and_whole(site):
    text = site.post("search", {"codebook": BOOK, "row": 3}).json["query"]["query"]
    wrong = site.post("search", {"codebook": "photos", "query": text})
    assert wrong.status == 400
    assert "another codebook" in wrong.message
    data = bytearray(base64.urlsafe_b64decode(text + "=="))
    data[-1] ^= 1
    changed = base64.urlsafe_b64encode(data).decode()
    for broken in (text[:-8], changed, "?", "ä", "A" * 100):
        reply = site.post("search", {"codebook": BOOK, "query": broken})
        assert reply.status == 400, broken
        assert "anew" in reply.message


@pytest.mark.training
def test_items_are_found_by_row_and_by_key(site, books):
    item = site.api(f"codebooks/{BOOK}/items/5").json
    assert item["key"] == books.digits.key(5)
    assert item["code"] == bytes(books.digits.codes[5]).hex()
    assert site.api(f"codebooks/{BOOK}/items?key={item['key']}").json == item


@pytest.mark.training
@pytest.mark.parametrize(
    "how", [{}, {"metric": "euclidean"}, {"radius": 12}, {"radius": 12, "metric": "reranked"}]
)
def test_pages_are_parts_of_the_whole(site, how):
    asked = {"codebook": "photos", "row": 4, **how}
    whole = site.post("search", {**asked, "k": 30}).json["results"]
    assert len(whole) > 8
    for skip in (0, 4, len(whole) - 2, len(whole)):
        page = site.post("search", {**asked, "k": 4, "skip": skip}).json
        assert page["results"] == whole[skip : skip + 4]
    rounds = [{"marks": [{"row": 5, "relevant": True}]}]
    asked.pop("radius", None)
    again = {**asked, "rounds": rounds}
    whole = site.post("feedback", {**again, "k": 30}).json["results"]
    assert site.post("feedback", {**again, "k": 4, "skip": 7}).json["results"] == whole[7:11]


@pytest.mark.training
def test_what_is_ordered_at_once_has_no_pages(site):
    asked = {"codebook": "photos", "row": 4, "metric": "reranked", "skip": 3}
    reply = site.post("search", asked)
    assert reply.status == 400
    assert "give a radius" in reply.message

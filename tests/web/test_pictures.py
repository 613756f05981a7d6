"""Pictures of rows: small, without metadata, and of nothing that lies elsewhere."""

import io
import shutil

import numpy as np
import pytest
from PIL import Image
from web_site import running

from aehash.codebook import Codebook
from aehash.web.originals import Originals
from aehash.web.pictures import Kept, Shown
from aehash.web.shelf import Shelf


def opened(reply):
    assert reply.status == 200, reply.body
    return Image.open(io.BytesIO(reply.body))


@pytest.mark.training
def test_a_files_picture_is_shown_small_and_kept(site):
    reply = site.api("codebooks/photos/items/3/image?size=32")
    image = opened(reply)
    assert max(image.size) == 32
    assert reply.headers["Cache-Control"] == "private, max-age=3600"
    again = site.api(
        "codebooks/photos/items/3/image?size=32", **{"If-None-Match": reply.headers["ETag"]}
    )
    assert (again.status, again.body) == (304, b"")


@pytest.mark.training
def test_an_arrays_picture_is_its_pixels(site, books, trained):
    image = opened(site.api("codebooks/digits-train/items/5/image?size=64"))
    data = np.load(trained.data)["images"]
    row = int(books.digits.key(5).split("/")[1])
    assert np.array_equal(np.asarray(image), data[row])


@pytest.mark.training
def test_reconstructions_are_the_nets(site, trained, picture, books):
    reply = site.api("codebooks/digits-train/items/5/reconstruction")
    row = int(books.digits.key(5).split("/")[1])
    pixels = np.load(trained.data)["images"][row]
    model = trained.snapshot.model()
    size = trained.snapshot.recipe.data.image_size
    asked = np.asarray(Image.fromarray(pixels).resize((size, size), Image.Resampling.BILINEAR))
    drawn = np.asarray(model(asked[None, ..., None].astype(np.float32)))[0, ..., 0]
    shown = np.asarray(opened(reply), np.float32)
    assert np.abs(shown - np.clip(drawn, 0, 1) * 255).max() < 1
    sent = site.upload("codebooks/digits-train/reconstruction", picture(pixels))
    assert sent.body == reply.body
    none = site.api("codebooks/photos/items/3/reconstruction")
    assert none.status == 400
    assert "cannot hash a new image" in none.message


def with_secrets(path):
    exif = Image.Exif()
    exif[0x010E] = "secret"
    exif[0x0112] = 6
    Image.effect_noise((200, 100), 60).convert("RGB").save(path, exif=exif, comment=b"secret")


def book_of(folder, keys, source):
    codes = np.arange(len(keys), dtype=np.uint8)[:, None]
    Codebook.from_arrays(codes, bits=8, keys=keys, source=str(source)).save(folder)
    return folder


def test_metadata_stay_here_and_what_is_gone_is_a_grey_tile(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        with_secrets(photos / name)
    folder = book_of(tmp_path / "book", ["a.jpg", "b.jpg", "c.jpg"], photos)
    (photos / "b.jpg").unlink()
    (photos / "c.jpg").write_text("broken")
    with running(Shelf.open([folder], tmp_path / "runs")) as site:
        reply = site.api("codebooks/book/items/0/image?size=120")
        assert opened(reply).size == (60, 120)
        assert b"secret" not in reply.body
        assert not opened(reply).getexif()
        for row in (1, 2):
            gone = site.api(f"codebooks/book/items/{row}/image?size=120")
            assert opened(gone).size == (120, 120)
            assert gone.headers["X-Aehash-Missing"] == "1"
            assert gone.headers["Cache-Control"] == "no-store"
        shutil.copy(photos / "a.jpg", photos / "b.jpg")
        assert "X-Aehash-Missing" not in site.api("codebooks/book/items/1/image").headers


def test_no_key_leads_out_of_the_folder(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    with_secrets(tmp_path / "outside.jpg")
    with_secrets(photos / "in.jpg")
    (photos / "link.jpg").symlink_to(tmp_path / "outside.jpg")
    keys = ["in.jpg", "../outside.jpg", "link.jpg", str(tmp_path / "outside.jpg")]
    book = Codebook.load(book_of(tmp_path / "book", keys, photos))
    originals = Originals(book, tmp_path / "book")
    assert [originals.read(row, 20) is not None for row in range(4)] == [True, False, False, False]


def test_a_list_shows_nothing_outside_the_folders_named(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    with_secrets(tmp_path / "outside.jpg")
    with_secrets(photos / "in.jpg")
    (photos / "list.csv").write_text("path\nin.jpg\n../outside.jpg\n")
    book = Codebook.load(
        book_of(tmp_path / "book", ["in.jpg", "../outside.jpg"], photos / "list.csv")
    )
    free = Originals(book, tmp_path / "book")
    assert [free.read(row, 20) is not None for row in range(2)] == [True, True]
    held = Originals(book, tmp_path / "book", [photos])
    assert [held.read(row, 20) is not None for row in range(2)] == [True, False]
    other = Originals(book, tmp_path / "book", [tmp_path / "book"])
    assert not other.there
    assert other.read(0, 20) is None


def test_a_moved_folder_is_found_where_images_says(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    with_secrets(photos / "a.jpg")
    folder = book_of(tmp_path / "book", ["a.jpg", "b.jpg"], photos)
    photos.rename(tmp_path / "moved")
    book = Codebook.load(folder)
    assert not Originals(book, folder).there
    assert Originals(book, folder, [tmp_path / "moved"]).read(0, 20).shape == (20, 20, 3)


def test_few_bytes_are_kept():
    kept = Kept(100)
    for row in range(5):
        kept.put(("book", row, 16), Shown(bytes(40), "image/png"))
    assert [kept.get(("book", row, 16)) is not None for row in range(5)] == [False] * 3 + [True] * 2

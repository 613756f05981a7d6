"""Who may ask, from where and how often."""

import io

import numpy as np
import pytest
from PIL import Image
from web_site import running

from aehash.codebook import Codebook
from aehash.errors import UsageError
from aehash.web.problems import Problem
from aehash.web.safety import Rate, bears, check_host, loopback, read_token
from aehash.web.shelf import Shelf, names_of

TOKEN = "a-token-of-many-letters"
SEARCH = {"codebook": "book", "row": 1}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    folder = tmp_path_factory.mktemp("safety") / "book"
    Codebook.from_arrays(np.arange(9, dtype=np.uint8)[:, None], bits=8).save(folder)
    return Shelf.open([folder], folder.parent / "runs")


@pytest.fixture
def plain(shelf):
    with running(shelf) as site:
        yield site


def test_every_answer_carries_the_headers(plain):
    for path in ("/", "/api/v1/health", "/nothing"):
        headers = plain.get(path).headers
        assert headers["Content-Security-Policy"].startswith(
            "default-src 'none'; script-src 'self'"
        )
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"]
        assert "Server" not in headers


def test_only_this_machines_names_are_answered(plain):
    for host in ("localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST:1"):
        assert plain.api("health", Host=host).status == 200
    for host in ("evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:8000", "["):
        assert plain.api("health", Host=host).status == 403
    check_host("photos.example", "0.0.0.0")
    assert not loopback("0.0.0.0")


def test_other_sites_may_not_ask(plain):
    own = f"127.0.0.1:{plain.port}"
    assert plain.post("search", SEARCH, Origin=f"http://{own}").status == 200
    for origin in ("http://evil.example", "null", f"http://{own}.evil.example", "http://127.0.0.1"):
        assert plain.post("search", SEARCH, Origin=origin).status == 403
    for site, status in (("same-origin", 200), ("none", 200), ("cross-site", 403)):
        assert plain.api("codebooks", **{"Sec-Fetch-Site": site}).status == status
    assert plain.get("/", **{"Sec-Fetch-Site": "cross-site"}).status in (200, 404)


def test_a_token_is_asked_for(shelf):
    right = {"Authorization": f"Bearer {TOKEN}"}
    with running(shelf, token=TOKEN) as site:
        assert site.api("health").json["codebooks"] == []
        assert site.api("health", **right).json["codebooks"][0]["name"] == "book"
        for path in ("/api/v1/codebooks", "/api/v1/openapi.json", "/metrics"):
            reply = site.get(path)
            assert reply.status == 401
            assert reply.headers["WWW-Authenticate"] == "Bearer"
            assert site.get(path, **right).status == 200
        assert site.get(f"/api/v1/codebooks/book/items/1/image?token={TOKEN}").status == 401
        assert site.post("search", SEARCH, Authorization=f"Basic {TOKEN}").status == 401
        assert site.post("search", SEARCH, **right).status == 200
        assert site.get("/").status in (200, 404)


def test_tokens_are_compared_whole():
    assert bears(f"bearer {TOKEN}", TOKEN)
    for header in (None, "", "Bearer", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", "Bearer ä"):
        assert not bears(header, TOKEN)


def test_a_token_file_holds_one_long_word(tmp_path):
    path = tmp_path / "token.txt"
    path.write_text(f"{TOKEN}\n")
    assert read_token(path) == TOKEN
    for text in ("", "short", "two words of more than enough letters", "ä" * 20):
        path.write_text(text)
        with pytest.raises(UsageError, match="must hold one token"):
            read_token(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_token(tmp_path / "none")


def test_too_many_searches_are_refused_for_a_while(shelf):
    with running(shelf, rate=60) as site:
        statuses = [site.post("search", SEARCH).status for _ in range(12)]
        assert statuses[:10] == [200] * 10
        assert statuses[-1] == 429
        reply = site.post("search", SEARCH)
        assert int(reply.headers["Retry-After"]) >= 1
        assert site.api("codebooks").status == 200


def test_clients_have_a_rate_each_and_it_fills_up_again(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("aehash.web.safety.time.monotonic", lambda: now[0])
    rate = Rate(120)
    for _ in range(12):
        rate.check("a")
    with pytest.raises(Problem, match="Too many"):
        rate.check("a")
    rate.check("b")
    now[0] += 0.5
    rate.check("a")
    with pytest.raises(UsageError):
        Rate(-1)


def test_large_bodies_are_refused(shelf):
    with running(shelf, upload=10_000) as site:
        for count in (11_000, 100_000):  # by the application, by the server
            reply = site.upload("search", bytes(count), codebook="book")
            assert reply.status == 413
            assert "too large" in reply.message


def test_the_log_tells_nothing_of_what_was_asked(shelf):
    file = io.BytesIO()
    Image.new("L", (9, 9)).save(file, "PNG")
    logged = []
    with running(shelf, token=TOKEN, logged=logged) as site:
        site.api("codebooks/book/items?key=secret", Authorization=f"Bearer {TOKEN}")
        site.api("codebooks/book/items?key=secret", Authorization="Bearer secret")
        site.upload("search", file.getvalue(), codebook="secret")
        site.get("/secret")
    assert len(logged) == 4
    assert "GET item_of_key 404" in logged[0]
    assert not [line for line in logged if "secret" in line or TOKEN in line]


def test_metrics_count_requests(plain):
    plain.post("search", SEARCH)
    text = plain.get("/metrics").body.decode()
    assert 'aehash_requests_total{operation="search",status="200"} 1.0' in text
    assert 'aehash_codebook_rows{codebook="book"} 9.0' in text


def test_codebooks_have_names_of_their_own(tmp_path):
    runs = [tmp_path / "runs" / name / "codes" / "photos" / "all" for name in ("1-a", "2-b")]
    others = [tmp_path / "one" / "my book", tmp_path / "two" / "my book"]
    assert names_of([*runs, *others]) == ["photos-all", "2-b-photos-all", "my_book", "my_book-2"]
    with pytest.raises(UsageError, match="named twice"):
        names_of([runs[0], runs[0]])

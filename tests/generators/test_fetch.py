"""Finding and downloading, against a real server on this machine."""

import dataclasses
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from aehash.errors import AehashError
from aehash.generators import CATALOGUE, DatasetInfo, locate

BODY = bytes(range(256)) * 3_000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "set.npz").write_bytes(BODY)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(tmp_path / "www"))  # type: ignore[arg-type]

        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            if self.path == "/cut.npz":
                self.send_response(200)
                self.send_header("Content-Length", str(len(BODY)))
                self.end_headers()
                self.wfile.write(BODY[: len(BODY) // 2])
            else:
                super().do_GET()

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AEHASH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("AEHASH_DATA", raising=False)
    return tmp_path / "cache"


def info_of(url: str, body: bytes = BODY) -> DatasetInfo:
    checksum = f"sha256:{hashlib.sha256(body).hexdigest()}"
    return dataclasses.replace(
        CATALOGUE["mnist"], name="set", filename="set.npz", url=url, checksum=checksum
    )


def test_download_with_progress_then_from_the_cache(server: str, cache: Path) -> None:
    steps: list[tuple[int, int]] = []
    info = info_of(f"{server}/set.npz")
    path = locate(info, progress=lambda done, total: steps.append((done, total)))
    assert path == cache / "set.npz"
    assert path.read_bytes() == BODY
    assert steps[-1] == (len(BODY), len(BODY))
    assert locate(dataclasses.replace(info, url="http://127.0.0.1:9/none")) == path


def test_a_wrong_checksum_leaves_nothing(server: str, cache: Path) -> None:
    with pytest.raises(AehashError, match=r"not the official set\.npz \(SHA-256 differs"):
        locate(info_of(f"{server}/set.npz", b"other"))
    assert list(cache.iterdir()) == []


def test_a_download_cut_off_leaves_nothing(server: str, cache: Path) -> None:
    with pytest.raises(AehashError):
        locate(info_of(f"{server}/cut.npz"))
    assert list(cache.iterdir()) == []


def test_not_found_on_the_server(server: str) -> None:
    with pytest.raises(AehashError, match="the server says 404"):
        locate(info_of(f"{server}/gone.npz"))


def test_offline_says_file_folders_address_and_remedy(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AEHASH_DATA", str(tmp_path / "data"))
    with pytest.raises(AehashError) as caught:
        locate(info_of("http://127.0.0.1:9/set.npz"))
    for part in ("set.npz", str(tmp_path / "data"), str(cache), "127.0.0.1:9", "AEHASH_DATA"):
        assert part in str(caught.value)
    assert caught.value.exit_code == 1


def test_the_data_folder_comes_before_the_cache_and_may_differ(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir()
    (cache / "set.npz").write_bytes(BODY)
    (tmp_path / "set.npz").write_bytes(b"mine")
    monkeypatch.setenv("AEHASH_DATA", str(tmp_path))
    notes: list[str] = []
    assert locate(info_of("http://127.0.0.1:9"), notes=notes.append) == tmp_path / "set.npz"
    assert len(notes) == 1
    assert "not the official file" in notes[0]
    monkeypatch.delenv("AEHASH_DATA")
    assert locate(info_of("http://127.0.0.1:9"), notes=notes.append) == cache / "set.npz"
    assert len(notes) == 1

"""Serve codebooks in the browser, until a signal ends it."""

from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from aehash.errors import UsageError
from aehash.workflow.books import database_of, latest_codes
from aehash.workflow.common import RUNS, Say


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What to serve, and to whom.

    Attributes:
        codes: Codebooks, or folders with one for each split; by default the latest run's.
        runs: Where runs are kept.
        images: Folders that images are shown from; none: where each codebook says.
        host: The address to listen at.
        port: 0: any that is free.
        token_file: Holds the token that requests must bear, or None.
        threads: That answer.
        upload: Bytes of an uploaded file.
        pixels: Of an uploaded picture.
        decoding: Seconds to decode it.
        rate: Searches a minute and client; 0: any number.
        backend: Keras's, or None for the usual one.
    """

    codes: tuple[Path, ...] = ()
    runs: Path = RUNS
    images: tuple[Path, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8000
    token_file: Path | None = None
    threads: int = 8
    upload: int = 20 << 20
    pixels: int = 40_000_000
    decoding: float = 10.0
    rate: int = 6000
    backend: str | None = None


def serve(asked: Asked, say: Say) -> None:
    """Serve codebooks until Ctrl-C or SIGTERM.

    Args:
        asked: What, and to whom.
        say: Takes each line for the user.

    Raises:
        UsageError: The extra ``web`` is not installed, or a codebook, folder, port or token is
            not there or cannot be used.
        AehashError: A codebook is damaged.
    """
    try:
        import flask
        import prometheus_client
        import waitress
    except ImportError as error:
        raise UsageError(
            f"The web application cannot be started ({error}): install what it needs with "
            "pip install 'aehash[web]'."
        ) from None
    del flask, prometheus_client, waitress
    from aehash.web.app import make_app
    from aehash.web.metrics import Metrics
    from aehash.web.safety import loopback, read_token
    from aehash.web.server import Server, end_on_signals
    from aehash.web.shelf import Shelf
    from aehash.web.state import Limits, State

    token = None if asked.token_file is None else read_token(asked.token_file)
    for root in asked.images:
        if not root.exists():
            raise UsageError(f"There is no folder {root} to show images from (--images).")
    folders = [database_of(each) for each in asked.codes or (latest_codes(None, asked.runs),)]
    shelf = Shelf.open(folders, asked.runs, asked.images, asked.backend)
    limits = Limits(
        upload=asked.upload, pixels=asked.pixels, decoding=asked.decoding, rate=asked.rate
    )
    state = State(shelf, limits, Metrics())
    app = make_app(state, bound=asked.host, token=token, log=say)
    server = Server(app, asked.host, asked.port, asked.threads, asked.upload)
    for each in shelf.books.values():
        say(f"codes  {each.name}: {len(each):,} images, {each.folder}")
    if not loopback(asked.host) and token is None:
        say(f"note   whoever reaches {asked.host} can see these images; see --token-file")
    say(f"see    {server.address}")
    end_on_signals()
    with suppress(KeyboardInterrupt), closing(state.decoders):
        state.decoders.warm()
        shelf.start(say)
        server.run()
    say("Stopped.")

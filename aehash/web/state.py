"""What the server holds while it runs; nothing of it is about a client's session."""

import threading
from dataclasses import dataclass, field

from aehash.web.explore import Explorer
from aehash.web.maps import Maps
from aehash.web.metrics import Metrics
from aehash.web.pictures import Kept
from aehash.web.shelf import Shelf


@dataclass(frozen=True)
class Limits:
    """What a request may cost.

    Attributes:
        upload: Bytes of a request's body.
        pixels: Of a picture.
        seconds: To wait for the net.
        rate: Searches a minute and client; pictures ten times as many. 0 for no limit.
    """

    upload: int = 20 << 20
    pixels: int = 40_000_000
    seconds: float = 20.0
    rate: int = 6000


@dataclass(frozen=True, eq=False)
class State:
    """What the operations work on.

    Attributes:
        shelf: The codebooks.
        limits: What a request may cost.
        metrics: Counts and times.
        kept: The pictures sent last.
        explorer: Duplicates and isolated images.
        maps: Maps.
        decoding: Held by those that decode an upload: each may take hundreds of megabytes.
    """

    shelf: Shelf
    limits: Limits
    metrics: Metrics
    kept: Kept = field(default_factory=Kept)
    explorer: Explorer = field(default_factory=Explorer)
    maps: Maps = field(default_factory=Maps)
    decoding: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(2)
    )

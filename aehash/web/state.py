"""What the server holds while it runs; nothing of it is about a client's session."""

from dataclasses import dataclass, field

from aehash.web.decoding import Decoders
from aehash.web.duplicates import Duplicates
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
        decoding: Seconds to decode a picture.
        seconds: To wait for the net, and for what decodes.
        rate: Searches a minute and client; pictures ten times as many. 0 for no limit.
    """

    upload: int = 20 << 20
    pixels: int = 40_000_000
    decoding: float = 10.0
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
        explorer: Isolated images.
        duplicates: Near duplicates.
        maps: Maps.
        decoders: The processes that decode uploads.
    """

    shelf: Shelf
    limits: Limits
    metrics: Metrics
    kept: Kept = field(default_factory=Kept)
    explorer: Explorer = field(default_factory=Explorer)
    duplicates: Duplicates = field(default_factory=Duplicates)
    maps: Maps = field(default_factory=Maps)
    decoders: Decoders = field(default_factory=Decoders)

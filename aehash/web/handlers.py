"""One function an operation: checked values in, what is to be sent out."""

from collections.abc import Iterator
from typing import Any

from aehash import __version__
from aehash.errors import UsageError
from aehash.web import feedback as rounds
from aehash.web import search as searching
from aehash.web.decoding import Sent
from aehash.web.pictures import Shown, encoded, tile
from aehash.web.search import Event
from aehash.web.served import Served
from aehash.web.state import State
from aehash.web.wanted import Wanted, wanted_of

Given = dict[str, Any]


def health(state: State, given: Given) -> dict[str, Any]:
    """Say that the server answers, and how far its nets are."""
    books = state.shelf.books.values() if given["trusted"] else ()
    told = [{"name": each.name, "state": each.state} for each in books]
    return {"status": "ok", "version": __version__, "codebooks": told}


def codebooks(state: State, given: Given) -> dict[str, Any]:
    """Describe the codebooks."""
    limits = state.limits
    return {
        "codebooks": [_codebook(each) for each in state.shelf.books.values()],
        "limits": {
            "upload_bytes": limits.upload,
            "pixels": limits.pixels,
            "k": searching.MOST,
        },
    }


def _codebook(served: Served) -> dict[str, Any]:
    book = served.book
    return {
        "name": served.name,
        "rows": len(served),
        "bits": book.bits,
        "dimensions": None if book.features is None else int(book.features.shape[1]),
        "labels": book.labels is not None,
        "classes": served.classes,
        "images": served.originals.there,
        "metrics": served.metrics,
        "note": served.note,
        "model": served.model(),
    }


def item(state: State, given: Given) -> dict[str, Any]:
    """Describe a row."""
    served = state.shelf[given["name"]]
    return served.item(served.check_row(given["row"]))


def item_of_key(state: State, given: Given) -> dict[str, Any]:
    """Find a row by its key."""
    served = state.shelf[given["name"]]
    return served.item(served.row_of(given["key"]))


def image(state: State, given: Given) -> Shown:
    """Show a row's image, small; or a grey tile where it is gone."""
    from aehash.generators.sizes import Longest

    served, size = state.shelf[given["name"]], given["size"]
    row = served.check_row(given["row"])
    asked = (served.name, row, size)
    held = state.kept.get(asked)
    if held is not None:
        return held
    with state.metrics.stage("thumbnail"):
        pixels = served.originals.read(row, Longest(size))
        if pixels is None:
            return tile(size)
        shown = encoded(pixels)
    state.kept.put(asked, shown)
    return shown


def reconstruction(state: State, given: Given) -> Shown:
    """Draw a row's image again from its features."""
    served = state.shelf[given["name"]]
    row = served.check_row(given["row"])
    with served.net(state.limits.seconds) as hasher:
        size, channels = hasher.size, hasher.channels
        _need_decoder(hasher)
    pixels = served.originals.read(row, size, channels)
    if pixels is None:
        return tile(given["size"])
    with served.net(state.limits.seconds) as hasher:
        drawn = hasher.reconstruct(pixels)
    return encoded(drawn, lossless=True)


def reconstruction_of_upload(state: State, given: Given) -> Shown:
    """Draw an uploaded picture again from its features."""
    served = state.shelf[given["name"]]
    with served.net(state.limits.seconds) as hasher:
        _need_decoder(hasher)
    pixels = _decoded(state, served, given)
    with served.net(state.limits.seconds) as hasher:
        drawn = hasher.reconstruct(pixels)
    return encoded(drawn, lossless=True)


def _need_decoder(hasher: Any) -> None:
    if not hasher.reconstructs:
        raise UsageError(
            f"The net {hasher.name} has no decoder, so no image can be drawn from its features."
        )


def search(state: State, given: Given) -> Iterator[Event]:
    """Find the images most like one."""
    served = state.shelf[given["codebook"]]
    if given["crop"] is not None and given.get("image") is None:
        raise UsageError("A crop goes with an uploaded image: send image too, or leave it out.")
    wanted = wanted_of(served, given)
    if wanted is None:
        wanted = _uploaded(state, served, given)
    position = state.maps.position(served, wanted)
    return _begun(searching.events(served, wanted, given, position))


def feedback(state: State, given: Given) -> Iterator[Event]:
    """Search again by what was marked."""
    served = state.shelf[given["codebook"]]
    wanted = wanted_of(served, given)
    if wanted is None:
        raise UsageError("Give the query: one of query, row and key.")
    return _begun(rounds.events(served, wanted, given, state.maps.position(served, wanted)))


def _begun(parts: Iterator[Event]) -> Iterator[Event]:
    """Let what is wrong with a request come out before the answer has begun."""
    first = next(parts)

    def whole() -> Iterator[Event]:
        yield first
        yield from parts

    return whole()


def _uploaded(state: State, served: Served, given: Given) -> Wanted:
    pixels = _decoded(state, served, given)
    with served.net(state.limits.seconds) as hasher, state.metrics.stage("net"):
        hashed = hasher.hash("The picture", pixels)
    return Wanted(served.query_of(hashed))


def _decoded(state: State, served: Served, given: Given) -> Any:
    limits = state.limits
    with served.net(limits.seconds) as hasher:
        pass  # where there is no net, nothing is decoded
    sent: Any = Sent(
        given["image"],
        decoders=state.decoders,
        most=limits.pixels,
        seconds=limits.decoding,
        wait=limits.seconds,
    )
    with state.metrics.stage("decode"):
        return hasher.take(sent, given["crop"])


def random(state: State, given: Given) -> dict[str, Any]:
    """Draw images."""
    return state.explorer.random(state.shelf[given["name"]], given)


def isolated(state: State, given: Given) -> dict[str, Any]:
    """Find the images furthest from all others."""
    return state.explorer.isolated(state.shelf[given["name"]], given)


def duplicates(state: State, given: Given) -> dict[str, Any]:
    """Bring near duplicates together."""
    return state.duplicates.told(state.shelf[given["name"]], given)


def map_state(state: State, given: Given) -> dict[str, Any]:
    """Say how the map is getting on."""
    return state.maps.state(state.shelf[given["name"]])


def map_points(state: State, given: Given) -> bytes:
    """Give the map's points."""
    return state.maps.points(state.shelf[given["name"]])


def map_place(state: State, given: Given) -> dict[str, Any]:
    """Place rows and a query in the map."""
    served = state.shelf[given["name"]]
    wanted = wanted_of(served, given)
    return state.maps.place(served, given["rows"] or [], wanted)


def metrics(state: State, given: Given) -> bytes:
    """Give counts and times."""
    return state.metrics.text(state.shelf.books.values())

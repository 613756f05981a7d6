"""The WSGI application: every address, its checks, and what errors look like."""

import hashlib
import json
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from aehash.errors import AehashError
from aehash.web import page
from aehash.web.openapi import LINES, document
from aehash.web.operation import Operation
from aehash.web.operations import OPERATIONS, ROOT
from aehash.web.pictures import Shown
from aehash.web.problems import Problem, body_of, status_of
from aehash.web.reading import InMemory, read
from aehash.web.safety import HEADERS, Rate, bears, check_host, check_origin
from aehash.web.state import State

#: Takes each line of the log.
Log = Callable[[str], object]

_OPEN = ("page", "page_file", "health")
_PICTURES = 10
"""So many times as many pictures as searches may be asked for."""


class Gate:
    """Decides which requests are let in.

    Args:
        bound: The address that the server listens at.
        token: That requests must bear, or None.
        rate: Searches a minute and client.
    """

    def __init__(self, bound: str, token: str | None, rate: int) -> None:
        self.bound, self.token = bound, token
        self._heavy, self._light = Rate(rate), Rate(rate * _PICTURES)

    def check(self, *, heavy: bool, open_to_all: bool) -> None:
        """Refuse a request that may not be answered.

        Raises:
            Problem: 401, 403 or 429.
        """
        check_host(request.host, self.bound)
        if request.path != "/":
            check_origin(request.headers, request.host)
        (self._heavy if heavy else self._light).check(request.remote_addr or "")
        if not open_to_all and not self.trusts():
            raise Problem(
                401,
                "A token is needed: send it as Authorization: Bearer TOKEN.",
                {"WWW-Authenticate": "Bearer"},
            )

    def trusts(self) -> bool:
        """Tell whether the request bears the token, where one is needed."""
        return self.token is None or bears(request.headers.get("Authorization"), self.token)


def make_app(
    state: State,
    *,
    bound: str = "127.0.0.1",
    token: str | None = None,
    log: Log,
) -> Flask:
    """Make the application.

    Args:
        state: The codebooks and limits.
        bound: The address that the server listens at.
        token: That requests must bear, or None.
        log: Takes a line for each request that failed.

    Returns:
        A WSGI application.
    """
    app = Flask("aehash", static_folder=None, template_folder=None)
    app.request_class = InMemory
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = state.limits.upload
    gate = Gate(bound, token, state.limits.rate)
    for each in OPERATIONS:
        view = _view(each, state, gate, log)
        path = each.path.replace("{", "<").replace("}", ">")
        app.add_url_rule(
            path, each.name, view, methods=[each.method], provide_automatic_options=False
        )
    told = document(OPERATIONS, token=token is not None, books=list(state.shelf.books))
    pages: Mapping[str, tuple[str, Callable[..., Response]]] = {
        "page": ("/", page.index),
        "page_file": ("/page/<path:name>", page.file),
        "openapi": (f"{ROOT}/openapi.json", lambda: _json(told)),
    }
    for name, (path, run) in pages.items():
        view = _plain(name, run, gate)
        app.add_url_rule(path, name, view, methods=["GET"], provide_automatic_options=False)
    app.before_request(_start)
    app.after_request(_finish(state, log))
    app.register_error_handler(Exception, _failed(log))
    return app


def _start() -> None:
    g.started = time.perf_counter()


def _view(operation: Operation, state: State, gate: Gate, log: Log) -> Callable[..., Response]:
    def view(**address: str) -> Response:
        gate.check(heavy=operation.heavy, open_to_all=operation.open)
        given = read(operation, request, address)
        if operation.open:
            given["trusted"] = gate.trusts()
        return _sent(operation, operation.run(state, given), log)

    return view


def _plain(name: str, run: Callable[..., Response], gate: Gate) -> Callable[..., Response]:
    def view(**address: str) -> Response:
        gate.check(heavy=False, open_to_all=name in _OPEN)
        return run(**address)

    return view


def _sent(operation: Operation, found: Any, log: Log) -> Response:
    """Turn what an operation gave into an answer."""
    from aehash.web.search import whole

    if isinstance(found, Shown):
        response = Response(found.data, mimetype=found.kind)
        if found.missing:
            response.headers["X-Aehash-Missing"] = "1"
            response.headers["Cache-Control"] = "no-store"
        else:
            response.headers["Cache-Control"] = "private, max-age=3600"
            response.set_etag(hashlib.sha256(found.data).hexdigest()[:32])
            response.make_conditional(request)
        return response
    if isinstance(found, bytes):
        return Response(found, mimetype=operation.answer.kinds[0])
    if isinstance(found, dict):
        return _json(found)
    if request.accept_mimetypes.best_match(["application/json", LINES]) == LINES:
        return Response(_lines(found, log), mimetype=LINES)
    return _json(whole(found))


def _lines(parts: Iterator[dict[str, Any]], log: Log) -> Iterator[bytes]:
    """Write each part as a line; what fails on the way is told in the last one."""
    try:
        for part in parts:
            yield _text(part)
    except AehashError as error:
        yield _text({"event": "error", **body_of(status_of(error), str(error))})
    except Exception:
        log(traceback.format_exc())
        yield _text({"event": "error", **body_of(500, _INTERNAL)})


def _text(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _json(value: Any, status: int = 200) -> Response:
    return Response(_text(value), status=status, mimetype="application/json")


_INTERNAL = "The server failed at this; what happened stands in its log."


def _failed(log: Log) -> Callable[[Exception], Response]:
    def failed(error: Exception) -> Response:
        headers: Mapping[str, str] = {}
        if isinstance(error, RequestEntityTooLarge):
            most = request.max_content_length or 0
            status, sentence = 413, f"The request is too large: {most:,} bytes are allowed."
        elif isinstance(error, HTTPException):
            status, sentence = error.code or 500, _http_sentence(error)
            headers = {key: value for key, value in error.get_headers() if key == "Allow"}
        elif isinstance(error, AehashError):
            status, sentence = status_of(error), str(error)
            headers = error.headers if isinstance(error, Problem) else {}
        elif isinstance(error, MemoryError):
            status, sentence = 503, "There is not enough memory for this; ask for less."
        else:
            log(traceback.format_exc())
            status, sentence = 500, _INTERNAL
        response = _json(body_of(status, sentence), status)
        response.headers.update(headers)
        return response

    return failed


def _http_sentence(error: HTTPException) -> str:
    if error.code == 404:
        return f"There is nothing at {request.path[:200]}; {ROOT}/openapi.json says what there is."
    if error.code == 405:
        return f"{request.path[:200]} does not take {request.method[:20]}."
    return str(error.description or error.name)


def _finish(state: State, log: Log) -> Callable[[Response], Response]:
    def finish(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers[name] = value
        response.headers.setdefault("Cache-Control", "no-store")
        seconds = time.perf_counter() - g.get("started", time.perf_counter())
        operation = request.endpoint or "none"
        state.metrics.answered(operation, response.status_code, seconds)
        if response.status_code >= 400:
            log(f"{request.method[:20]} {operation} {response.status_code} {1000 * seconds:.0f} ms")
        return response

    return finish

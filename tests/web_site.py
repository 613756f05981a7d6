"""A real server on a port of its own, and requests to it."""

import http.client
import json
import threading
import uuid
from contextlib import contextmanager
from typing import NamedTuple


class Reply(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def lines(self):
        return [json.loads(line) for line in self.body.splitlines()]

    @property
    def message(self):
        return self.json["error"]["message"]


def form(fields, files=()):
    """Write a form as multipart/form-data."""
    mark = uuid.uuid4().hex
    parts = []
    for name, value in fields.items():
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        parts.append(head.encode() + str(value).encode() + b"\r\n")
    for name, data in dict(files).items():
        head = (
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="a.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        )
        parts.append(head.encode() + data + b"\r\n")
    body = b"".join(parts) + f"--{mark}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={mark}"}


class Site:
    """Asks a server."""

    def __init__(self, port):
        self.port = port

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            return Reply(reply.status, reply.headers, reply.read())
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def api(self, path, **headers):
        return self.get(f"/api/v1/{path}", **headers)

    def post(self, path, value, **headers):
        headers = {"Content-Type": "application/json", **headers}
        return self.ask("POST", f"/api/v1/{path}", json.dumps(value), headers)

    def upload(self, path, data, **fields):
        body, headers = form(fields, {"image": data})
        return self.ask("POST", f"/api/v1/{path}", body, headers)


@contextmanager
def running(shelf, *, token=None, logged=None, **limits):
    """Serve a shelf until the block ends."""
    from aehash.web.app import make_app
    from aehash.web.metrics import Metrics
    from aehash.web.server import Server
    from aehash.web.state import Limits, State

    limits = Limits(**limits)
    log = (lambda line: None) if logged is None else logged.append
    state = State(shelf, limits, Metrics())
    app = make_app(state, token=token, log=log)
    server = Server(app, "127.0.0.1", 0, 4, limits.upload)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield Site(server.port)
    finally:
        server.stop()
        thread.join(10)
        state.decoders.close()

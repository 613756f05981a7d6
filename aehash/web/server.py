"""The server: waitress, with JSON for what it refuses itself, stopped by a signal."""

import errno
import json
import logging
import signal
import socket
from types import FrameType
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask

from aehash.errors import AehashError, UsageError
from aehash.web.problems import body_of
from aehash.web.safety import HEADERS

_SENTENCES = {
    400: "The request cannot be read as HTTP.",
    413: "The request is far too large.",
    431: "The request's headers are too large.",
    501: "This way to send a body is not known; send Content-Length, or chunks.",
}


class JsonErrors(ErrorTask):
    """What is said of a request that is refused before the application sees it."""

    def execute(self) -> None:
        """Write the answer."""
        error = self.request.error
        status = int(error.code)
        sentence = _SENTENCES.get(status, str(error.reason))
        body = json.dumps(body_of(status, sentence)).encode()
        self.status = f"{status} {error.reason}"
        self.response_headers = [
            ("Content-Type", "application/json"),
            ("Connection", "close"),
            ("Cache-Control", "no-store"),
            *HEADERS.items(),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.response_headers.append(("Content-Length", str(len(body))))
        self.write(body)


class Channel(HTTPChannel):
    """A connection whose errors are JSON."""

    error_task_class = JsonErrors


class Server:
    """Listens at once; answers when :meth:`run` is called.

    Args:
        app: What answers.
        host: To listen at.
        port: To listen at; 0 for any that is free.
        threads: How many answer.
        upload: Bytes of a body, at most.

    Raises:
        UsageError: The port is taken, or the host is not this machine's.
        AehashError: It cannot be listened at.
    """

    def __init__(self, app: Flask, host: str, port: int, threads: int, upload: int) -> None:
        try:
            self._server: Any = create_server(
                app,
                host=host,
                port=port,
                threads=threads,
                ident=None,
                connection_limit=200,
                channel_timeout=60,
                max_request_body_size=2 * upload,
                inbuf_overflow=4 * upload,  # a body never goes to the disk
                max_request_header_size=32_768,
                clear_untrusted_proxy_headers=True,
            )
        except OSError as error:
            raise _refused(error, host, port) from error
        self._server.channel_class = Channel
        # Requests that wait for a thread are no news.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self.host, self.port = host, int(self._server.effective_port)

    @property
    def address(self) -> str:
        """Where the page is."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{name}:{self.port}/"

    def run(self) -> None:
        """Answer until :meth:`stop`, or a signal, ends it."""
        try:
            self._server.run()
        finally:
            self._close()
            self._server.task_dispatcher.shutdown()

    def stop(self) -> None:
        """End :meth:`run`, from another thread."""
        self._server.trigger.pull_trigger(self._close)

    def _close(self) -> None:
        """Close every connection, and stop listening."""
        wasyncore.close_all(self._server._map, ignore_all=True)


def end_on_signals() -> None:
    """Let SIGTERM end the process as Ctrl-C does."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)


def _refused(error: OSError, host: str, port: int) -> AehashError:
    if error.errno == errno.EADDRINUSE:
        return UsageError(
            f"Port {port} of {host} is in use: stop what listens there, or take another with "
            f"--port {port + 1}."
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return UsageError(f"Port {port} may not be used without rights; take one above 1023.")
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return UsageError(f"{host} is no address of this machine: take 127.0.0.1 or 0.0.0.0.")
    return AehashError(f"{host}:{port} cannot be listened at: {error.strerror or error}.")

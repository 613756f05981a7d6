"""Who may ask, from where, and how often; and what browsers are told to forbid."""

import hmac
import ipaddress
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from aehash.errors import UsageError
from aehash.web.problems import Problem

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_SHORTEST = 16
_CLIENTS = 10_000


def read_token(path: Path) -> str:
    """Read the token that requests must bear.

    Args:
        path: A file of one line.

    Returns:
        The token.

    Raises:
        UsageError: The file is missing, holds no token, or one that is too short.
    """
    try:
        text = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise UsageError(f"The token file {path} cannot be read: it is no text.") from None
    except OSError as error:
        raise UsageError(f"The token file {path} cannot be read: {error.strerror}.") from None
    if len(text) < _SHORTEST or not text.isascii() or len(text.split()) != 1:
        raise UsageError(
            f"{path} must hold one token of at least {_SHORTEST} letters and digits; make one "
            "with: python -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    return text


def bears(header: str | None, token: str) -> bool:
    """Tell whether an Authorization header bears the token, in a time that tells nothing of it."""
    kind, _, given = (header or "").partition(" ")
    right = hmac.compare_digest(given.strip().encode("utf-8", "replace"), token.encode())
    return right and kind.lower() == "bearer"


def loopback(host: str) -> bool:
    """Tell whether a name or address means this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_host(header: str, bound: str) -> None:
    """Refuse a request that was sent to another name: a strange site's name bent to this machine.

    Args:
        header: The request's Host.
        bound: The address that the server listens at.

    Raises:
        Problem: 403.
    """
    if not loopback(bound):
        return
    try:
        name = urlsplit(f"//{header}").hostname or ""
    except ValueError:
        name = ""
    if not loopback(name):
        raise Problem(
            403,
            f"This server answers only as localhost or {bound}, not as {header[:100]!r}: open "
            "the address that aehash serve printed.",
        )


def check_origin(headers: Mapping[str, str], host: str) -> None:
    """Refuse what another site's page asks in a visitor's name.

    Args:
        headers: The request's.
        host: Its Host.

    Raises:
        Problem: 403.
    """
    site = headers.get("Sec-Fetch-Site", "none")
    origin = headers.get("Origin")
    strange = origin is not None and _netloc(origin) != host.lower()
    if site not in ("none", "same-origin") or strange:
        raise Problem(403, "The request comes from another site's page, which may not ask here.")


def _netloc(origin: str) -> str:
    """Take host and port out of an origin; empty for an opaque one."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


class Rate:
    """Limits how often each client may ask: so many a minute, and a tenth of them at once.

    Args:
        minute: Requests a minute; 0 for no limit.
    """

    def __init__(self, minute: int) -> None:
        if minute < 0:
            raise UsageError(f"rate is {minute}; it must be 0 (no limit) or more.")
        self._minute = minute
        self._room = max(10.0, minute / 10)
        self._lock = threading.Lock()
        self._clients: dict[str, tuple[float, float]] = {}

    def check(self, client: str) -> None:
        """Count a request.

        Args:
            client: Its address.

        Raises:
            Problem: 429, with the seconds to wait.
        """
        if not self._minute:
            return
        now, speed = time.monotonic(), self._minute / 60
        with self._lock:
            left, before = self._clients.get(client, (self._room, now))
            left = min(self._room, left + (now - before) * speed)
            if len(self._clients) > _CLIENTS:
                self._clients.clear()
            self._clients[client] = (left - 1 if left >= 1 else left, now)
        if left < 1:
            wait = max(1, round((1 - left) / speed))
            raise Problem(
                429,
                f"Too many requests: {self._minute:,} a minute are answered; wait {wait} s.",
                {"Retry-After": str(wait)},
            )

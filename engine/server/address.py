"""Knows by which address Twilio reached the application."""

import re
from urllib.parse import quote, unquote

from starlette.types import Scope

from engine.server.pages import Rejected
from engine.server.settings import bare

_AUTHORITY = re.compile(r"[A-Za-z0-9._~-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


class Address:
    """The public address below which `/flows/…` hangs, "" to take it from each request (development, behind nothing).

    The public address says what stands in front. A prefix under which the application is mounted here (ASGI's
    root_path) follows it, as far as the public address does not end with it already.
    """

    __slots__ = ("_folder", "_public")

    def __init__(self, public_url: str = "") -> None:
        self._public = bare(public_url)
        self._folder = self._public + "/flows/"

    def locate(self, scope: Scope) -> tuple[str, str, str]:
        """The public address of the folder of flows, and that of the request in two parts: its base and its raw path.

        Base and path together are what Twilio signs (never the decoded path, which differs wherever something was
        escaped). Raises Rejected (400) if there is no public address and the request names no host that could be one.
        """
        path = scope.get("raw_path")
        raw = path.decode("latin-1") if path else quote(scope["path"])
        root = scope.get("root_path")
        if not root and self._public:
            return self._folder, self._public, raw
        base = self._public or _origin(scope)
        if root:
            raw = _below(raw, root)
            base = _joined(base, quote("/" + root.strip("/")))
        return base + "/flows/", base, raw


def local_path(scope: Scope) -> str:
    """The decoded path below the prefix under which the application is mounted, as Starlette's mounts understand it."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    if root and path.startswith(root) and path[len(root) : len(root) + 1] in ("", "/"):
        return path[len(root) :]
    return path


def _joined(base: str, prefix: str) -> str:
    """The base with the mount's prefix behind it; where the end of one is the beginning of the other, it stands once."""
    path = unquote("/" + base.partition("://")[2].partition("/")[2])
    segments = prefix.split("/")
    for count in range(len(segments), 1, -1):
        if path.endswith(unquote("/".join(segments[:count]))):
            return "/".join([base, *segments[count:]])
    return base + prefix


def _below(raw: str, root: str) -> str:
    """The raw path without the mount's prefix, which servers disagree to include, and which may be escaped in it."""
    depth = root.count("/")
    segments = raw.split("/")
    return "/" + "/".join(segments[depth + 1 :]) if unquote("/".join(segments[: depth + 1])) == root else raw


def _origin(scope: Scope) -> str:
    """Scheme and host as the request has them."""
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    if not hosts and (server := scope.get("server")):
        hosts = [server[0] if server[1] is None else f"{server[0]}:{server[1]}"]
    if len(hosts) != 1 or not _AUTHORITY.fullmatch(hosts[0]):
        raise Rejected(400, "The Host header names no host")
    return f"{scope['scheme']}://{hosts[0]}"

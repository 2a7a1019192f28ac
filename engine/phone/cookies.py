"""Keeps a server's cookies for the length of a call, as Twilio does."""

import re
from http.cookies import CookieError, Morsel, SimpleCookie
from urllib.parse import urlsplit

from engine.phone.transport import Response

_NOW = re.compile(r"-[0-9]+|0+")  # a Max-Age that is over


class Jar:
    """The cookies of one call, or of one pair of numbers (Twilio, "Webhooks: HTTP cookies")."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], tuple[str, bool]] = {}  # host, path, name: value, secure

    def keep(self, url: str, response: Response) -> None:
        """Keeps what an answer from `url` sets, and drops what it takes back."""
        for name, line in response.headers:
            if name.lower() != "set-cookie":
                continue
            try:
                morsels = SimpleCookie(line)
            except CookieError:
                continue
            for cookie in morsels.values():
                self._keep(url, cookie)

    def header(self, url: str) -> str:
        """The `Cookie` header for a request to `url`, "" without one."""
        if not self._kept:
            return ""
        parts = urlsplit(url)
        host, path, safe = (parts.hostname or "").lower(), parts.path or "/", parts.scheme == "https"
        return "; ".join(
            f"{name}={value}"
            for (domain, folder, name), (value, secure) in self._kept.items()
            if _is_in(host, domain) and _is_below(path, folder) and (safe or not secure)
        )

    def clear(self) -> None:
        self._kept.clear()

    def _keep(self, url: str, cookie: "Morsel[str]") -> None:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        domain = cookie["domain"].lower()
        if domain and not _is_in(host, "." + domain.lstrip(".")):
            return  # a server sets no cookies for others
        folder = cookie["path"] or (parts.path.rpartition("/")[0] or "/")
        place = ("." + domain.lstrip(".") if domain else host, folder, cookie.key)
        if not f"{cookie.key}{cookie.coded_value}".isprintable():
            return  # no header could carry it back
        age = str(cookie["max-age"])
        if _NOW.fullmatch(age):
            self._kept.pop(place, None)
        else:
            self._kept[place] = (cookie.coded_value, bool(cookie["secure"]))


def _is_in(host: str, domain: str) -> bool:
    return host == domain.lstrip(".") or (domain.startswith(".") and host.endswith(domain))


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder if folder.endswith("/") else folder + "/")

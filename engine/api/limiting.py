"""How often a key may ask, and who shows wrong ones."""

from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, RateLimiter

WRONG_KEYS = "20/minute"
"""So many wrong keys an address may show; after that it is told to wait. A right key is let in all the same."""
_NAMES = 5_000  # addresses that are counted at once


class Standing:
    """What a request found: whether it may go on, and what its headers say of the limit (draft-ietf-httpapi-ratelimit-headers-10)."""

    __slots__ = ("_left", "_limit", "_seconds", "allowed")

    def __init__(self, allowed: bool, limit: RateLimitItem, left: int, seconds: int) -> None:
        self.allowed = allowed
        self._limit, self._left, self._seconds = limit, left, seconds

    @property
    def headers(self) -> dict[str, str]:
        """RateLimit and RateLimit-Policy, and Retry-After for one that may not go on; in seconds."""
        found = {
            "ratelimit-policy": f'"key";q={self._limit.amount};w={self._limit.get_expiry()}',
            "ratelimit": f'"key";r={self._left};t={self._seconds}',
        }
        if not self.allowed:
            found["retry-after"] = str(max(self._seconds, 1))
        return found


class Limits:
    """Counts in this process: with several workers each counts for itself. `rate` is as `limits` reads it: `120/minute`.

    `now` is the Unix time in seconds, from which headers say how long to wait.
    """

    def __init__(self, rate: str) -> None:
        self._rate, self._wrong = parse(rate), parse(WRONG_KEYS)
        self._keys = MovingWindowRateLimiter(MemoryStorage())
        self._storage = MemoryStorage()
        self._addresses = FixedWindowRateLimiter(self._storage)

    def ask(self, key: str, now: float) -> Standing:
        """Counts one request with the key of that name."""
        return _count(self._keys, self._rate, key, now)

    def wrong(self, client: str, now: float) -> Standing:
        """Counts one request without a right key, from an address."""
        if len(self._storage.storage) > _NAMES:
            self._storage.reset()
        return _count(self._addresses, self._wrong, _network(client), now)


def _count(window: RateLimiter, limit: RateLimitItem, name: str, now: float) -> Standing:
    allowed = window.hit(limit, name)
    resets, left = window.get_window_stats(limit, name)
    return Standing(allowed, limit, max(left, 0), min(max(0, ceil(resets - now)), limit.get_expiry()))


def _network(client: str) -> str:
    """An address as it is counted: of IPv6 the network that one subscriber has."""
    try:
        address = ip_address(client)
    except ValueError:
        return "?"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)  # of one that came over IPv4 to a socket of both

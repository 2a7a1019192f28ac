"""Tells addresses of the public internet from those that lead into somebody's own network."""

import re
import socket
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

IPAddress = IPv4Address | IPv6Address
Allows = Callable[[str, int], bool]  # whether the settings let requests ask a host, in small letters, at a port


def never(host: str, port: int) -> bool:
    """Allows no host of one's own, as where nobody knows the settings."""
    return False


_INWARD_4: Mapping[IPv4Network, str] = {
    IPv4Network(network): what
    for network, what in {
        "0.0.0.0/8": "the unspecified address",
        "10.0.0.0/8": "a private address",
        "100.64.0.0/10": "an address of a provider's own network",
        "127.0.0.0/8": "a loopback address",
        "168.63.129.16/32": "a metadata address",  # Azure; of the public range, and answered by the host of the machine
        "169.254.0.0/16": "a link-local address",  # the metadata of most clouds: 169.254.169.254
        "172.16.0.0/12": "a private address",
        "192.0.0.0/24": "a reserved address",
        "192.0.2.0/24": "a reserved address",
        "192.88.99.0/24": "a reserved address",
        "192.168.0.0/16": "a private address",
        "198.18.0.0/15": "a reserved address",
        "198.51.100.0/24": "a reserved address",
        "203.0.113.0/24": "a reserved address",
        "224.0.0.0/4": "a multicast address",
        "240.0.0.0/4": "a reserved address",
    }.items()
}
"""What is not globally reachable in IPv4: IANA, IPv4 Special-Purpose Address Registry (RFC 6890), and multicast."""

_INWARD_6: Mapping[IPv6Network, str] = {
    IPv6Network(network): what
    for network, what in {
        "::/128": "the unspecified address",
        "::1/128": "a loopback address",
        "fc00::/7": "a private address",
        "fe80::/10": "a link-local address",
        "fec0::/10": "a private address",
        "ff00::/8": "a multicast address",
        "2001::/23": "a reserved address",  # Teredo and other protocols; what they carry cannot be judged
        "2001:db8::/32": "a reserved address",
        "3ffe::/16": "a reserved address",
        "3fff::/20": "a reserved address",
    }.items()
}
"""As above in IPv6; outside of `_GLOBAL_6` everything else is reserved."""

_GLOBAL_6 = IPv6Network("2000::/3")
_MAPPED = IPv6Network("::ffff:0:0/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_NAT64 = IPv6Network("64:ff9b::/96")
_NUMERIC = re.compile(r"(0[xX][0-9a-fA-F]*|[0-9]+)(\.(0[xX][0-9a-fA-F]*|[0-9]+)){0,3}\.?")


def judge(address: IPAddress) -> str:
    """What kind of inward address it is, such as "a private address"; "" for one of the public internet.

    An IPv6 address that carries one of IPv4 (mapped, 6to4, NAT64) is what that one is.
    """
    if isinstance(address, IPv4Address):
        return next((what for network, what in _INWARD_4.items() if address in network), "")
    carried = _carried(address)
    if carried is not None:
        return judge(carried)
    found = next((what for network, what in _INWARD_6.items() if address in network), "")
    return found or ("" if address in _GLOBAL_6 else "a reserved address")


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address in _MAPPED or address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _SIX_TO_FOUR:
        return IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)
    return None


def literal(host: str) -> IPAddress | None:
    """The address that a host is as written, also in the spellings that C libraries take: `127.1`, `0x7f000001`, `017700000001`.

    None for a name.
    """
    host = host.strip("[]").partition("%")[0]
    try:
        return IPv6Address(host) if ":" in host else IPv4Address(host.removesuffix("."))
    except ValueError:
        pass
    if _NUMERIC.fullmatch(host):
        try:
            return IPv4Address(socket.inet_aton(host.removesuffix(".")))
        except OSError:
            return None
    return None


def inward(host: str) -> str:
    """What kind of inward address a host is as it is written; "" for one of the public internet, and for a name nobody can tell of."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761, 6.3
        return "a loopback address"
    address = literal(host)
    return judge(address) if address else ""

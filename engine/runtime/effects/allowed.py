"""The hosts that the settings allow the server to ask, beside those of the public internet."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from engine.grammar.hosts import IPAddress, literal

_ENTRY = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\[\]:]+)(?::([0-9]{1,5}))?")
_NAME = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_NETWORK = re.compile(r"[0-9a-fA-F:.]+/[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Allowed:
    """One entry of the allowed hosts: a name, `*.name` for all below it, or a network; `port` None is any."""

    name: str = ""
    network: IPv4Network | IPv6Network | None = None
    port: int | None = None

    @classmethod
    def read(cls, text: str) -> "Allowed":
        """An entry such as `localhost:8001`, `10.0.0.5`, `10.0.0.0/8`, `[fd00::1]:80`, `*.internal`; raises ValueError."""
        host, port = text, None
        if text.count(":") < 2 or text.startswith("["):
            found = _ENTRY.fullmatch(text)
            host = found[1].strip("[]") if found else ""
            port = int(found[2]) if found and found[2] else None
        name, address = host.lower().rstrip("."), literal(host)
        try:
            if port is not None and not 0 < port < 65536:
                raise ValueError("no port")
            if address is not None or _NETWORK.fullmatch(host):
                return cls(network=ip_network(address or host, strict=False), port=port)
            if not _NAME.fullmatch(name):
                raise ValueError("no name")
        except ValueError as error:
            raise ValueError(f"`{text}` is no host") from error
        return cls(name, port=port)

    def names(self, host: str, port: int) -> bool:
        """Whether it allows a host by its name."""
        if not self.name or self.port not in (None, port):
            return False
        return host.endswith(self.name[1:]) if self.name.startswith("*") else host == self.name

    def holds(self, address: IPAddress, port: int) -> bool:
        """Whether it allows an address."""
        return self.network is not None and self.port in (None, port) and address in self.network

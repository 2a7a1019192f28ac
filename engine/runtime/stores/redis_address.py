"""Reads the URL of a Redis or Valkey: one server, a cluster, or what sentinels watch over."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import unquote

from engine.diagnostics.suggest import nearest
from engine.runtime.stores.contract import StoreError

PREFIX = "touchtone:"
"""What every key begins with unless `?prefix=` says otherwise."""

PORT, SENTINEL_PORT = 6379, 26379

SCHEMES: Mapping[str, tuple[str, bool]] = MappingProxyType(
    {
        **{
            name + form: (form[1:] or "server", tls)
            for name, tls in (("redis", False), ("rediss", True), ("valkey", False), ("valkeys", True))
            for form in ("", "+cluster", "+sentinel")
        },
        "redis+unix": ("unix", False),
        "valkey+unix": ("unix", False),
    }
)
"""Scheme of a URL -> what it leads to (server, cluster, sentinel, unix), and whether TLS is spoken there."""

_EXAMPLES = {
    "server": "redis://localhost:6379/0",
    "cluster": "redis+cluster://one:6379,two:6379",
    "sentinel": "redis+sentinel://one:26379,two:26379/mymaster/0",
    "unix": "redis+unix:///run/redis.sock?db=0",
}
_TLS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs")
_SENTINEL = ("sentinel_username", "sentinel_password")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]@/]+)(?::(\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Address:
    """Where sessions go; as text it says so without the secrets.

    `form` is server, cluster, sentinel or unix; `hosts` are names and ports, `path` the socket's file, `master` the name
    that sentinels know; `options` are redis-py's own, for TLS and for sentinels.
    """

    form: str
    tls: bool
    hosts: tuple[tuple[str, int], ...] = ()
    path: str = ""
    master: str = ""
    db: int = 0
    prefix: str = PREFIX
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        scheme = "rediss" if self.tls else "redis"
        hosts = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.hosts)
        match self.form:
            case "cluster":
                return f"{scheme}+cluster://{hosts}"
            case "sentinel":
                return f"{scheme}+sentinel://{hosts}/{self.master}/{self.db}"
            case "unix":
                return f"redis+unix://{self.path}"
        return f"{scheme}://{hosts}/{self.db}"


def read_address(scheme: str, rest: str) -> Address:
    """The address in a URL whose scheme is one of SCHEMES; raises StoreError.

    Nothing of a URL that cannot be read is shown: any part of it may be a password with a character in it that should
    have been escaped.
    """
    form, tls = SCHEMES[scheme]
    example = _EXAMPLES[form].replace("redis", scheme.partition("+")[0], 1)
    if not rest.startswith("//") or "#" in rest:
        raise _unreadable(example)
    place, _, query = rest[2:].partition("?")
    options = _options(query, form, tls)
    names, _, path = place.partition("/")
    secrets, at, hosts = names.rpartition("@")
    username, _, password = secrets.partition(":") if at else ("", "", "")
    master = ""
    if form == "unix":
        if hosts or not path:
            raise _unreadable(example)
        number = options.pop("db", "0")
    elif form == "sentinel":
        master, _, number = path.strip("/").partition("/")
        if not master:
            raise StoreError(f"the store's URL lacks the name that the sentinels know the server by: write `{example}`")
    else:
        number = path.strip("/")
    if not re.fullmatch(r"\d{0,5}", number):
        raise _unreadable(example)
    if form == "cluster" and int(number or 0):
        raise StoreError("the store's URL names a database, but a cluster has only number 0: leave it out")
    return Address(
        form,
        tls,
        hosts=() if form == "unix" else _hosts(hosts, form, example),
        path=f"/{unquote(path)}" if form == "unix" else "",
        master=unquote(master),
        db=int(number or 0),
        prefix=options.pop("prefix", PREFIX),
        username=unquote(username),
        password=unquote(password),
        options=options,
    )


def _unreadable(example: str) -> StoreError:
    return StoreError(
        f"the store's URL cannot be read: write `{example}`, with a password as `//:PASSWORD@` before the host, "
        "its characters @ : / # ? % written as %40 %3A %2F %23 %3F %25"
    )


def _hosts(text: str, form: str, example: str) -> tuple[tuple[str, int], ...]:
    usual = SENTINEL_PORT if form == "sentinel" else PORT
    found: list[tuple[str, int]] = []
    for one in text.split(","):
        match = _HOST.fullmatch(one)
        if match is None or (form == "server" and found):
            raise _unreadable(example)
        port = int(match[2] or usual)
        if not 0 < port < 65536:
            raise _unreadable(example)
        found.append((match[1].strip("[]"), port))
    return tuple(found)


def _options(query: str, form: str, tls: bool) -> dict[str, str]:
    known = ["prefix"]
    if form == "unix":
        known.append("db")
    if form == "sentinel":
        known += _SENTINEL
    if tls:
        known += _TLS
    found = {}
    for option in filter(None, query.split("&")):
        name, _, value = option.partition("=")
        if name not in known:
            near = nearest(name, known)
            hint = f"; did you mean `{near}`?" if near else ""
            every = ", ".join(f"`{one}`" for one in known)
            raise StoreError(f"the store's URL has an unknown option: known is {every}{hint}")
        found[name] = unquote(value)
    if found.get("ssl_cert_reqs", "required") not in ("required", "none"):
        raise StoreError("the store's URL: `ssl_cert_reqs` must be `required` or `none`")
    return found

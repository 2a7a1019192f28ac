"""The settings of a server, from flags, the environment and a `.env` file."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from engine.diagnostics.diagnostic import Severity
from engine.grammar.hosts import literal
from engine.runtime.effects.allowed import Allowed
from engine.server.dotenv import SettingsError
from engine.server.external_editor import ExternalEditor
from engine.server.keys import ALGORITHMS, ApiKey, SharedKey, read_api_key

KEPT = "sqlite:///.touchtone/sessions.sqlite"
"""Where sessions are kept in production unless something else is said."""
LOG_LEVELS = ("debug", "info", "warning", "error")
_SECRETS = re.compile(r"TWILIO_\w*(TOKEN|SECRET)\w*|TOUCHTONE_(SHARED_KEYS|API_KEYS|STORE)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a server is told; secrets never show in its repr.

    `public_url` is the address below which Twilio sees `/flows/…`, without a slash at its end ("" to take it from each
    request); `store` the URL of the session store; `tokens` the auth tokens, of which any may have signed;
    `shared_keys` Twilio's shared keys; `account_sid` and `from_` the account and the number that call out and send texts,
    with `api_key` and `api_secret` instead of a token if they are set; `twilio_api` the base URL of a stand-in of Twilio's REST API, ""
    for Twilio itself; `apps` the SIDs of TwiML Apps by flow, "" for any flow; `allow_hosts` what requests may ask beyond the internet;
    `api_keys` the keys of programs, without which there is no API, and `api_rate` how often each may ask; `body_limit` in bytes; `unsigned` accepts requests without a signature; `env` the environment variables that
    templates may read, by name; `grace` the seconds that turns under way are given when the server stops; `workers` the number of
    processes that answer; `editor` opens a file from the page of `dev`.
    """

    public_url: str = ""
    store: str = field(default="memory:", repr=False)
    tokens: tuple[str, ...] = field(default=(), repr=False)
    shared_keys: tuple[SharedKey, ...] = field(default=(), repr=False)
    account_sid: str = ""
    api_key: str = ""
    api_secret: str = field(default="", repr=False)
    from_: str = ""
    twilio_api: str = ""
    apps: Mapping[str, str] = field(default_factory=dict)
    api_keys: tuple[ApiKey, ...] = field(default=(), repr=False)
    api_rate: str = "120/minute"
    allow_hosts: tuple[Allowed, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8000
    body_limit: int = 256 * 1024
    unsigned: bool = False
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    log_level: str = "info"
    grace: float = 15.0
    workers: int = 1
    editor: ExternalEditor = field(default_factory=ExternalEditor)

    def allows(self, host: str, port: int) -> bool:
        """Whether a request may ask this host, a name or an address, at a port, though it may be in a network of one's own."""
        known = {"localhost": ip_address("127.0.0.1")}.get(host) or literal(host)
        return any(
            entry.names(host, port) or (known is not None and entry.holds(known, port)) for entry in self.allow_hosts
        )

    @property
    def sends(self) -> bool:
        """Whether there is an account that texts can be sent with: its SID, and a token or an API key."""
        return bool(self.account_sid and (self.tokens or (self.api_key and self.api_secret)))

    def unsent(self, *, strict: bool) -> Severity | None:
        """How severe it is that a flow uses `send` without an account (L414); None if there is one.

        A hint where nothing of an account is set, as on the desk of an author; `strict` makes it a warning there too.
        """
        if self.sends:
            return None
        some = self.account_sid or self.tokens or self.api_key
        return Severity.WARNING if strict or some else Severity.HINT

    def demand_secrets(self, way_out: str = "say --unsigned") -> None:
        """Raises SettingsError if signatures are required and there is nothing to judge them by; `way_out` is how to require none."""
        if not (self.unsigned or self.tokens or self.shared_keys):
            raise SettingsError(
                "TWILIO_AUTH_TOKEN is not set: write the auth token of your account there, "
                f"or {way_out} to answer anybody who asks"
            )


def read_settings(
    flags: Mapping[str, object], environ: Mapping[str, str], dotenv: Mapping[str, str], *, store: str = "memory:"
) -> Settings:
    """Settings from the flags, else from the environment, else from the `.env` file, else their defaults, `store` among them.

    `flags` holds them by field name, None where one was not given. A variable that is set to nothing gives the
    default. Raises SettingsError with one sentence that names the flag or the variable, whichever was given.
    """
    outside = {**dotenv, **environ}
    values: dict[str, Any] = {"store": store}
    for name, (variable, read) in _VARIABLES.items():
        flag = flags.get(name)
        text = (outside.get(variable, "") if flag is None else str(flag)).strip()
        if text:
            values[name] = read(variable if flag is None else f"--{name.replace('_', '-')}", text)
    values["env"] = {name: outside.get(name, "") for name in values.get("env", ())}
    if ("api_key" in values) != ("api_secret" in values):
        raise SettingsError("TWILIO_API_KEY and TWILIO_API_SECRET belong together: set both, or neither")
    return Settings(**values)


def bare(url: str) -> str:
    """The address without what Twilio does not sign: name and password before the host, and the fragment."""
    return re.sub(r"^(\w+://)?[^/?]*@", r"\1", url.partition("#")[0]).rstrip("/")


def _text(variable: str, text: str) -> str:
    if not text.isprintable():
        raise SettingsError(f"{variable} holds a control character: write it as one line of plain text")
    return text


def _words(variable: str, text: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[\s,]+", text) if word)


def _env_names(variable: str, text: str) -> tuple[str, ...]:
    names = _words(variable, text)
    for name in names:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise SettingsError(
                f"{variable} has `{name}`, which cannot name a variable: write names with commas between, A,B"
            )
        if _SECRETS.fullmatch(name):
            raise SettingsError(f"{variable} has {name}, a secret that callers could be told: leave it out")
    return names


def _shared_keys(variable: str, text: str) -> tuple[SharedKey, ...]:
    keys: dict[str, SharedKey] = {}
    for number, word in enumerate(_words(variable, text), start=1):
        name, equals, secret = word.partition("=")
        id_, _, algorithm = name.partition(":")
        algorithm = algorithm or "HMAC_SHA256"
        if not (id_ and equals and secret):
            # Not shown, here and below: what stands before a missing or misplaced `=` may be the secret.
            raise SettingsError(
                f"{variable} cannot be read at its entry {number}: write KEYID=secret, with commas between several"
            )
        if algorithm not in ALGORITHMS:
            raise SettingsError(
                f"{variable} has at its entry {number} an algorithm that Twilio does not use: "
                "write KEYID:HMAC_SHA1=secret, or KEYID=secret for SHA-256"
            )
        if id_ in keys:
            raise SettingsError(f"{variable} has the key of its entry {number} twice: leave one of them out")
        keys[id_] = SharedKey(id_, secret, algorithm)
    return tuple(keys.values())


def _api_keys(variable: str, text: str) -> tuple[ApiKey, ...]:
    keys: dict[str, ApiKey] = {}
    for number, word in enumerate(_words(variable, text), start=1):
        key = read_api_key(word)
        if key is None:
            # Not shown: somebody may have written the key itself.
            raise SettingsError(
                f"{variable} cannot be read at its entry {number}: write what `touchtone key NAME` prints, with commas between several"
            )
        if key.name in keys:
            raise SettingsError(f"{variable} has the name `{key.name}` twice: give each key a name of its own")
        keys[key.name] = key
    return tuple(keys.values())


def _api_rate(variable: str, text: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,5}/(second|minute|hour|day)", text, re.ASCII):
        raise SettingsError(f"{variable} is `{text}`: write how many requests in what time, such as 120/minute")
    return text


def _account_sid(variable: str, text: str) -> str:
    if not re.fullmatch(r"AC\w+", text, re.ASCII):
        raise SettingsError(f"{variable} is not the SID of an account: write the one that begins with AC")
    return text


def _api_key(variable: str, text: str) -> str:
    if not re.fullmatch(r"SK\w+", text, re.ASCII):
        # Not shown: it may be the secret.
        raise SettingsError(f"{variable} is not the SID of an API key: write the one that begins with SK")
    return text


def _allow_hosts(variable: str, text: str) -> tuple[Allowed, ...]:
    allowed = []
    for word in _words(variable, text):
        try:
            allowed.append(Allowed.read(word))
        except ValueError:
            shown = word.rpartition("@")[2][:60]  # before it may stand a password
            raise SettingsError(
                f"{variable} has `{shown}`, which is no host: write hosts with commas between, "
                "localhost:8001,10.0.0.5,*.internal"
            ) from None
    return tuple(allowed)


def _whole_number(lowest: int, highest: int, unit: str) -> Callable[[str, str], int]:
    def read(variable: str, text: str) -> int:
        if not re.fullmatch(r"\d{1,12}", text, re.ASCII) or not lowest <= int(text) <= highest:
            raise SettingsError(f"{variable} is `{text}`: write {unit}, from {lowest} to {highest}")
        return int(text)

    return read


def _seconds(variable: str, text: str) -> float:
    if not re.fullmatch(r"\d{1,6}(\.\d+)?", text, re.ASCII):
        raise SettingsError(f"{variable} is `{text}`: write a number of seconds, such as 10")
    return float(text)


def _yes_or_no(variable: str, text: str) -> bool:
    known = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    if text.lower() not in known:
        raise SettingsError(f"{variable} is `{text}`: write true or false")
    return known[text.lower()]


def _log_level(variable: str, text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise SettingsError(f"{variable} is `{text}`: write one of {', '.join(LOG_LEVELS)}")
    return text.lower()


def _editor(variable: str, text: str) -> ExternalEditor:
    try:
        return ExternalEditor.read(_text(variable, text))
    except ValueError as error:
        raise SettingsError(f"{variable} {error}") from None


def _public_url(variable: str, text: str) -> str:
    url = bare(text)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SettingsError(f"{variable} is no address: write one such as https://example.com") from None
    if "://" not in text:
        raise SettingsError(f"{variable} is `{url}`, which lacks its scheme: write https://{url}")
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https"):
        raise SettingsError(
            f"{variable} begins with `{parts.scheme}:`, which Twilio cannot call: write https://{parts.netloc}{parts.path}"
        )
    if not host or port == 0:
        raise SettingsError(f"{variable} is `{url}`, which names no host: write one such as https://example.com")
    before, webhook, _ = url.partition("/flows/" if "/flows/" in url else "/flows?")
    if webhook or url.endswith("/flows"):
        raise SettingsError(
            f"{variable} has the path of a flow, but flows come below it: write {before.removesuffix('/flows').rstrip('/')}"
        )
    if "?" in url:
        raise SettingsError(
            f"{variable} has a query, but flows stand below it: write {url.partition('?')[0].rstrip('/')}"
        )
    if "_" in host:
        raise SettingsError(
            f"{variable} has an underscore in its host, which Twilio refuses: use a name like {host.replace('_', '-')}"
        )
    if not re.fullmatch(r"[\x21-\x7e]+", url):
        raise SettingsError(
            f"{variable} has a character that an address cannot hold: write it escaped, as Twilio is told it"
        )
    return url


def _apps(variable: str, text: str) -> Mapping[str, str]:
    apps: dict[str, str] = {}
    for word in _words(variable, text):
        flow, equals, sid = word.partition("=") if "=" in word else ("", "", word)
        if not re.fullmatch(r"AP\w+", sid, re.ASCII) or (equals and not flow):
            raise SettingsError(
                f"{variable} has `{word[:60]}`: write flow=AP…, as `touchtone numbers app FLOW` prints it, with commas between several"
            )
        if flow in apps:
            raise SettingsError(
                f"{variable} names {f'the flow {flow}' if flow else 'an app for any flow'} twice: leave one of them out"
            )
        apps[flow] = sid
    return apps


def _twilio_api(variable: str, text: str) -> str:
    url = text.rstrip("/")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", 0
    example = "write the address that `touchtone standin` prints, such as http://127.0.0.1:8010"
    # Not shown where it may hold a password.
    if not host or port == 0 or parts.username is not None or parts.scheme not in ("http", "https"):
        raise SettingsError(f"{variable} is no address of a stand-in: {example}")
    if parts.path or parts.query or parts.fragment or not url.isprintable():
        raise SettingsError(f"{variable} is `{url}`, but it ends with the host and its port: {example}")
    known = {"localhost": ip_address("127.0.0.1")}.get(host) or literal(host)
    if parts.scheme == "http" and not (known is not None and known.is_loopback):
        raise SettingsError(f"{variable} sends the token over the network in the clear: write https://{parts.netloc}")
    return url


_VARIABLES: Mapping[str, tuple[str, Callable[[str, str], object]]] = {
    "public_url": ("TOUCHTONE_PUBLIC_URL", _public_url),
    "store": ("TOUCHTONE_STORE", _text),
    "tokens": ("TWILIO_AUTH_TOKEN", _words),
    "shared_keys": ("TOUCHTONE_SHARED_KEYS", _shared_keys),
    "account_sid": ("TWILIO_ACCOUNT_SID", _account_sid),
    "api_key": ("TWILIO_API_KEY", _api_key),
    "api_secret": ("TWILIO_API_SECRET", _text),
    "from_": ("TOUCHTONE_FROM", _text),
    "twilio_api": ("TOUCHTONE_TWILIO_API", _twilio_api),
    "apps": ("TOUCHTONE_APPS", _apps),
    "api_keys": ("TOUCHTONE_API_KEYS", _api_keys),
    "api_rate": ("TOUCHTONE_API_RATE", _api_rate),
    "allow_hosts": ("TOUCHTONE_ALLOW_HOSTS", _allow_hosts),
    "host": ("TOUCHTONE_HOST", _text),
    "port": ("TOUCHTONE_PORT", _whole_number(0, 65535, "the number of a port")),
    "body_limit": ("TOUCHTONE_BODY_LIMIT", _whole_number(1024, 2**30, "a number of bytes")),
    "unsigned": ("TOUCHTONE_UNSIGNED", _yes_or_no),
    "env": ("TOUCHTONE_ENV", _env_names),
    "log_level": ("TOUCHTONE_LOG_LEVEL", _log_level),
    "grace": ("TOUCHTONE_GRACE", _seconds),
    "workers": ("TOUCHTONE_WORKERS", _whole_number(1, 64, "a number of processes")),
    "editor": ("TOUCHTONE_EDITOR", _editor),
}

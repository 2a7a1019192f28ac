"""The URLs of stores: which name one, what is said of those that do not, and that no password is ever told."""

import subprocess
import sys
import time

import pytest

from engine.runtime.stores import StoreError, open_store
from engine.runtime.stores.redis_address import SCHEMES, read_address

KNOWN = "known are `memory:`, `sqlite:`, `redis:`, `valkey:`"
HOW = (
    ", with a password as `//:PASSWORD@` before the host, its characters @ : / # ? % written as %40 %3A %2F %23 %3F %25"
)
REDIS = f"the store's URL cannot be read: write `redis://localhost:6379/0`{HOW}"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqllite:///x", f"`sqllite:` names no store: {KNOWN}; did you mean `sqlite:`?"),
        ("carrier-pigeon:", f"`carrier-pigeon:` names no store: {KNOWN}"),
        ("memory", f"this URL names no store: {KNOWN}; did you mean `memory:`?"),
        (
            "rediss+clutser://me:SECRET@host",
            f"`rediss+clutser:` names no store: {KNOWN}; did you mean `rediss+cluster:`?",
        ),
        ("postgres://me:SECRET@host", f"`postgres:` names no store: {KNOWN}"),
        ("me SECRET:x", f"this URL names no store: {KNOWN}"),
        ("memory://SECRET", "the store `memory:` has no address behind it: write `memory:`"),
        (
            "sqlite://me:SECRET@calls.sqlite",
            "the store's URL names no file: "
            "write `sqlite:///relative/path.sqlite` or `sqlite:////absolute/path.sqlite`",
        ),
        (
            "sqlite:///",
            "the store's URL names no file: write `sqlite:///relative/path.sqlite` or `sqlite:////absolute/path.sqlite`",
        ),
        (
            "sqlite:///x?syncronous=full",
            "`sqlite:///x` has an unknown option: known is `synchronous`; did you mean `synchronous`?",
        ),
        ("sqlite:///x?SECRET=1", "`sqlite:///x` has an unknown option: known is `synchronous`"),
        ("sqlite:///x?synchronous=SECRET", "`sqlite:///x`: `synchronous` must be `normal` or `full`"),
        ("redis:host", REDIS),
        ("redis://", REDIS),
        ("redis:///0", REDIS),
        ("redis://host:SECRET", REDIS),
        ("redis://host:0", REDIS),
        ("redis://host:65536", REDIS),
        ("redis://one,two", REDIS),
        ("redis://host/SECRET", REDIS),
        ("redis://:SEC/RET@host/0", REDIS),
        ("redis://:SEC#RET@host/0", REDIS),
        ("redis://:SEC?RET@host/0", "the store's URL has an unknown option: known is `prefix`"),
        ("redis://host?prefx=a", "the store's URL has an unknown option: known is `prefix`; did you mean `prefix`?"),
        ("valkeys://ho st", REDIS.replace("redis://", "valkeys://")),
        (
            "redis+cluster://one:1,two:SECRET",
            f"the store's URL cannot be read: write `redis+cluster://one:6379,two:6379`{HOW}",
        ),
        (
            "redis+cluster://one/3",
            "the store's URL names a database, but a cluster has only number 0: leave it out",
        ),
        (
            "redis+sentinel://one:26379",
            "the store's URL lacks the name that the sentinels know the server by: "
            "write `redis+sentinel://one:26379,two:26379/mymaster/0`",
        ),
        (
            "redis+unix://host/run/redis.sock",
            f"the store's URL cannot be read: write `redis+unix:///run/redis.sock?db=0`{HOW}",
        ),
        ("rediss://host?ssl_cert_reqs=maybe", "the store's URL: `ssl_cert_reqs` must be `required` or `none`"),
    ],
)
def test_a_url_that_names_no_store_is_explained(url, message):
    with pytest.raises(StoreError) as raised:
        open_store(url, time.time)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://host", "redis://host:6379/0"),
        ("valkey://me:SECRET@host:7000/3?prefix=calls:", "redis://host:7000/3"),
        ("rediss://:SECRET@[::1]:7000/3?ssl_ca_certs=/ca.pem", "rediss://[::1]:7000/3"),
        ("valkeys+cluster://me:SECRET@one,two:7001", "rediss+cluster://one:6379,two:7001"),
        (
            "redis+sentinel://:SECRET@one,two:7001/main/2?sentinel_password=SECRET",
            "redis+sentinel://one:26379,two:7001/main/2",
        ),
        ("redis+unix://me:SECRET@/run/my%20redis.sock?db=2", "redis+unix:///run/my redis.sock"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url, shown):
    scheme, _, rest = url.partition(":")
    address = read_address(scheme, rest)
    assert str(address) == shown
    store = open_store(url, time.time)
    assert "SECRET" not in f"{address} {address!r} {store} {store!r}"


def test_what_is_escaped_in_a_password_is_read():
    address = read_address("redis", "//m%40e:p%3A%2F%23%3F%25@host/1")
    assert (address.username, address.password, address.db) == ("m@e", "p:/#?%", 1)


WITHOUT = """
import asyncio, sys, time
sys.modules["redis"] = None
import engine.cli
from engine.runtime.stores import StoreError, open_store
for url in sys.argv[1:]:
    try:
        asyncio.run(open_store(url, time.time).start())
    except StoreError as error:
        print(error)
"""


def test_without_the_package_it_is_said_what_to_install():
    """An extra that is not installed is missed when such a store is started, and by nobody else."""
    rests = {"sentinel": "//host/main", "unix": "///run/redis.sock"}
    urls = [f"{scheme}:{rests.get(form, '//host')}" for scheme, (form, _) in SCHEMES.items()]
    said = subprocess.run([sys.executable, "-c", WITHOUT, *urls], capture_output=True, text=True, check=True)
    sentence = "sessions in Redis need the package `redis`: pip install 'touchtone[redis]' brings it"
    assert said.stdout.splitlines() == [sentence] * len(SCHEMES)

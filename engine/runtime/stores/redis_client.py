"""Speaks with a Redis or Valkey through redis-py: one server, what sentinels watch over, or a cluster."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from redis.asyncio import Redis, RedisCluster, Sentinel
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisClusterException

from engine.runtime.stores.redis_address import Address
from engine.runtime.stores.redis_faults import named
from engine.runtime.stores.redis_script import SCRIPT, SHA, Found, Step, words

ANSWER_SECONDS = 2.0
"""Seconds that a server has to answer, or to take a connection."""
PORTION = 500
"""Keys that are looked at in one round."""

Answer = Found | None | Exception
"""What came of a step: None when it was written."""


class Client(Protocol):
    """The two forms of a connection; all raise what redis-py raises."""

    async def start(self) -> None:
        """Finds the servers out."""

    async def close(self) -> None:
        """Closes all connections."""

    def lane(self, key: bytes) -> str:
        """Where steps of a key may wait together: those of one server can be played in one round."""

    async def play(self, steps: Sequence[Step]) -> list[Answer]:
        """What came of each step, in order; an exception for one that failed by itself."""

    async def renew(self) -> None:
        """Makes a new start after a fault that may pass: another server may have taken over."""

    async def run(self, *commands: tuple[Any, ...]) -> list[Any]:
        """The answers to commands, each about one key."""

    def keys(self, pattern: bytes) -> AsyncIterator[bytes]:
        """The names that match."""


class OneServer:
    """One server at a time: all steps of a round go to it in one command."""

    def __init__(self, address: Address) -> None:
        more: dict[str, Any] = {**_settings(address), "db": address.db}
        self._sentinel: Any = None
        if address.form == "sentinel":
            names = {"username": "sentinel_username", "password": "sentinel_password"}
            secrets = {name: address.options[option] for name, option in names.items() if option in address.options}
            own = {**_settings(address), "username": None, "password": None, **secrets}
            self._sentinel = Sentinel(list(address.hosts), sentinel_kwargs=own, **more)
            self._redis: Any = self._sentinel.master_for(address.master)
        elif address.form == "unix":
            self._redis = Redis(unix_socket_path=address.path, **more)
        else:
            ((host, port),) = address.hosts
            self._redis = Redis(host=host, port=port, **more)

    async def start(self) -> None:
        """Nothing to find out."""

    async def close(self) -> None:
        """Closes all connections."""
        await self._redis.aclose()
        for sentinel in self._sentinel.sentinels if self._sentinel else ():
            await sentinel.aclose()

    def lane(self, key: bytes) -> str:
        """All steps wait together."""
        return ""

    async def play(self, steps: Sequence[Step]) -> list[Answer]:
        """Plays steps in one command, whose script goes over the line only when the server does not know it."""
        said = words(steps)
        try:
            answers = await self._redis.execute_command("EVALSHA", SHA, *said)
        except NoScriptError:
            answers = await self._redis.execute_command("EVAL", SCRIPT, *said)
        return [_answer(one) for one in answers]

    async def renew(self) -> None:
        """Connects anew: behind the same name there may be another server now."""
        await self._redis.connection_pool.disconnect()

    async def run(self, *commands: tuple[Any, ...]) -> list[Any]:
        """The answers to commands."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
        return _sound(answers)

    async def keys(self, pattern: bytes) -> AsyncIterator[bytes]:
        """The names that match, which may come twice."""
        async for key in self._redis.scan_iter(match=pattern, count=PORTION):
            yield key


class Cluster:
    """Several servers, each with a part of the keys; steps of a round travel together, and redis-py follows keys that move."""

    def __init__(self, address: Address) -> None:
        nodes = [ClusterNode(host, port) for host, port in address.hosts]
        self._redis: Any = RedisCluster(startup_nodes=nodes, require_full_coverage=False, **_settings(address))

    async def start(self) -> None:
        """Asks which server has which keys."""
        await self._redis.initialize()

    async def close(self) -> None:
        """Closes all connections."""
        await self._redis.aclose()

    def lane(self, key: bytes) -> str:
        """The name of the server that has the key: the steps of one wait for no other."""
        try:
            return str(self._redis.get_node_from_key(key).name)
        except RedisClusterException:
            return ""

    async def play(self, steps: Sequence[Step]) -> list[Answer]:
        """Plays each step in a command of its own, since keys that are not neighbours may share none."""
        answers = await self._each("EVALSHA", SHA, steps)
        missing = [number for number, one in enumerate(answers) if isinstance(one, NoScriptError)]
        if missing:
            again = await self._each("EVAL", SCRIPT, [steps[number] for number in missing])
            for number, one in zip(missing, again, strict=True):
                answers[number] = one
        return [one if isinstance(one, Exception) else _answer(one[0]) for one in answers]

    async def _each(self, command: str, script: str, steps: Sequence[Step]) -> list[Any]:
        pipeline = self._redis.pipeline()
        for step in steps:
            pipeline.execute_command(command, script, *words([step]))
        answers: list[Any] = await pipeline.execute(raise_on_error=False)
        return answers

    async def renew(self) -> None:
        """Asks anew which server has which keys."""
        await self._redis.nodes_manager.initialize()

    async def run(self, *commands: tuple[Any, ...]) -> list[Any]:
        """The answers to commands."""
        pipeline = self._redis.pipeline()
        for command in commands:
            pipeline.execute_command(*command)
        return _sound(await pipeline.execute(raise_on_error=False))

    async def keys(self, pattern: bytes) -> AsyncIterator[bytes]:
        """The names that match, which may come twice."""
        async for key in self._redis.scan_iter(match=pattern, count=PORTION):
            yield key


def connect(address: Address) -> Client:
    """A client, which connects when it is first used."""
    return Cluster(address) if address.form == "cluster" else OneServer(address)


def _settings(address: Address) -> dict[str, Any]:
    """What every connection is told; trying again is for the queue to decide."""
    settings: dict[str, Any] = {
        "username": address.username or None,
        "password": address.password or None,
        "socket_timeout": ANSWER_SECONDS,
        "socket_connect_timeout": ANSWER_SECONDS,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
    if address.form != "unix":
        settings["socket_keepalive"] = True
    if address.tls:
        settings["ssl"] = True
        settings |= {name: value for name, value in address.options.items() if name.startswith("ssl_")}
        # Without a certificate there is no name to compare either.
        settings["ssl_check_hostname"] = settings.get("ssl_cert_reqs") != "none"
    return settings


def _answer(one: Any) -> Answer:
    if isinstance(one, int):
        return None
    if isinstance(one, bytes):
        return named(one.decode("utf-8", "replace"))
    return one if isinstance(one, Exception) else Found(*one)


def _sound(answers: list[Any]) -> list[Any]:
    """The answers; raises the first error among them."""
    for one in answers:
        if isinstance(one, Exception):
            raise one
    return answers

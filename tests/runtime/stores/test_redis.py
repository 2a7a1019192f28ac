"""What only a Redis can do to its users: it lets things expire, goes away, comes back empty, refuses, and forgets scripts."""

import asyncio
import json
import logging
import selectors
import socket
import ssl
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

import benchmarks.redis_server
from benchmarks.redis_server import SLOTS, ask
from engine.runtime.stores import StoreBusy, StoreError, open_store
from engine.runtime.stores.redis_script import Step


@asynccontextmanager
async def opened(url, clock=lambda: 1_800_000_000.0):
    store = open_store(url, clock)
    await store.start()
    try:
        yield store
    finally:
        await store.stop()


def refusal(url, ask=None):
    """The sentence with which a store does not start, or does not do what is asked."""

    async def story():
        with pytest.raises(StoreError) as raised:
            async with opened(url) as store:
                await ask(store)
        return str(raised.value)

    return asyncio.run(story())


HASTE = 10


class Hasty(asyncio.SelectorEventLoop):
    """Its clock runs ten times too fast."""

    class Selector(selectors.DefaultSelector):
        def select(self, timeout=None):
            return super().select(timeout and timeout / HASTE)

    def __init__(self):
        super().__init__(self.Selector())

    def time(self):
        return super().time() * HASTE


def told_hastily(story):
    with asyncio.Runner(loop_factory=Hasty) as runner:
        return runner.run(story())


# -- what is kept ---------------------------------------------------------------------------------------------------------------


def test_a_session_is_json_that_a_person_can_read_and_expires_by_itself(redis, plays):
    async def story():
        async with opened(redis.url("?prefix=clinic:")) as store:
            await store.turn("CA1", plays.write(plays.FULL))
            await store.keep_version("v1", {"a.yaml": "steps:\n"})

    asyncio.run(story())
    kept = json.loads(redis.ask("HGET", "clinic:session:CA1", "session"))
    assert kept["variables"] == plays.FULL.variables
    assert plays.DAY * 1000 - 10_000 < redis.ask("PTTL", "clinic:session:CA1") <= plays.DAY * 1000
    manifest = json.loads(redis.ask("GET", "clinic:manifest:v1"))
    (known,) = manifest["files"].values()
    assert manifest == {"format": 1, "files": {"a.yaml": known}}
    assert redis.ask("GET", f"clinic:text:{known}") == "steps:\n"
    assert 30 * 86400 - 10 < redis.ask("TTL", "clinic:manifest:v1") <= 30 * 86400
    assert 31 * 86400 - 10 < redis.ask("TTL", f"clinic:text:{known}") <= 31 * 86400


def test_the_life_of_a_session_follows_its_expiry(redis, plays):
    async def story():
        async with opened(redis.url("?prefix=life:")) as store:
            for seconds in (60.0, 3600.0, 1.0, 4e9, -5.0):
                await store.turn("CA1", plays.write(replace(plays.FULL, expires=plays.NOON + seconds)))
                longest = min(seconds, 10 * 365 * 86400) * 1000
                assert max(longest, 1) - 5000 <= redis.ask("PTTL", "life:session:CA1") <= max(longest, 1)
            assert await store.turn("CA1", plays.look) is None

    asyncio.run(story())


def test_without_a_prefix_keys_say_whose_they_are(redis, plays):
    async def story():
        async with opened(redis.url()) as store:
            await store.turn("CA1", plays.write(plays.FULL))
            assert redis.ask("EXISTS", "touchtone:session:CA1") == 1
            await store.drop("CA1")

    asyncio.run(story())


def test_sessions_of_other_prefixes_are_not_listed(redis, plays):
    """A prefix may hold what means something in a pattern."""

    async def story():
        async with opened(redis.url("?prefix=a*:")) as store, opened(redis.url("?prefix=ab:")) as other:
            await other.turn("CA1", plays.write(plays.FULL))
            await store.turn("CA2", plays.write(plays.FULL))
            assert [key for key, _ in await store.sessions(10)] == ["CA2"]

    asyncio.run(story())


@pytest.mark.parametrize("raw", ["{not json", "null", "{}", b"\xff\xfe{}", "[" * 100_000, "", '{"turn": 3}'], ids=ascii)
def test_a_session_that_cannot_be_read_is_absent_and_logged_once(redis, plays, raw, caplog):
    async def story():
        async with opened(redis.url("?prefix=odd:")) as store:
            await store.turn("CA1", plays.write(plays.FULL))
            await store.turn("CA2", plays.write(plays.FULL))
            redis.ask("HSET", "odd:session:CA1", "session", raw)
            turns = [store.turn("CA2", plays.look), store.turn("CA1", plays.look), store.turn("CA1", plays.look)]
            assert await asyncio.gather(*turns) == [plays.FULL, None, None]
            assert await store.turn("CA1", plays.count) == 1
            assert await store.turn("CA1", plays.count) == 2

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    assert [record.getMessage().partition(" cannot")[0] for record in caplog.records] == ["the session `CA1`"]


def test_something_else_under_a_sessions_name_fails_its_own_turn_only(redis, plays):
    redis.ask("SET", "odd:session:CA7", "a text")

    async def story():
        async with opened(redis.url("?prefix=odd:")) as store:
            turns = [store.turn("CA8", plays.count), store.turn("CA7", plays.count), store.turn("CA8", plays.count)]
            first, raised, second = await asyncio.gather(*turns, return_exceptions=True)
            assert (first, second) == (1, 2)
            assert isinstance(raised, StoreError)
            assert "WRONGTYPE" in str(raised)

    asyncio.run(story())


def test_turns_of_one_moment_share_a_round(redis, plays):
    """A hundred turns cost a few commands, not two hundred."""

    def commands():
        told = redis.ask("INFO", "commandstats")
        return sum(int(line.split("calls=")[1].split(",")[0]) for line in told.split() if "cmdstat_eval" in line)

    async def story():
        async with opened(redis.url("?prefix=many:")) as store:
            await store.turn("CA0", plays.count)
            before = commands()
            await asyncio.gather(*[store.turn(f"CA{number}", plays.count) for number in range(100)])
            return commands() - before

    assert asyncio.run(story()) <= 8


def test_turns_of_one_key_in_one_process_do_not_overtake_each_other(redis, plays):
    """Each is played once, though Redis alone would see to it that none is lost."""
    played = []

    def play(before):
        played.append(before)
        return plays.count(before)

    async def story():
        async with opened(redis.url("?prefix=alone:")) as store:
            assert await asyncio.gather(*[store.turn("CA1", play) for _ in range(50)]) == list(range(1, 51))

    asyncio.run(story())
    assert len(played) == 50


def test_a_server_that_forgot_the_script_is_told_it_again(redis, plays):
    async def story():
        async with opened(redis.url("?prefix=script:")) as store:
            assert await store.turn("CA1", plays.count) == 1
            redis.ask("SCRIPT", "FLUSH")
            assert await store.turn("CA1", plays.count) == 2

    asyncio.run(story())


# -- what goes wrong on the way -------------------------------------------------------------------------------------------------


class Cutting:
    """A line to a server that is cut once, when `cuts` says so of the bytes that go there: before them, or before the answer.

    Connections go to the server at `target` as it is when they are made.
    """

    def __init__(self, port, cuts=lambda data: None, tls=None):
        self.target, self.cuts, self.done, self.tls = port, cuts, False, tls

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.carry, "127.0.0.1", 0, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def carry(self, reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            while data := await reader.read(1 << 20):
                cut = None if self.done else self.cuts(data)
                if cut:
                    self.done = True
                if cut == "before":
                    return
                back.write(data)
                answer = await there.read(1 << 20)
                if cut == "after":
                    return
                writer.write(answer)
        finally:
            for end in (writer, back):
                end.close()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("others", [0, 1, 10])
def test_a_write_whose_answer_was_lost_is_not_played_again(redis, plays, when, others):
    """Whether the write arrived or not, and whoever wrote after it: it happens once."""
    prefix = f"lost-{when}-{others}:"
    played = []

    def play(before):
        played.append(before)
        return plays.count(before)

    async def story():
        async with Cutting(redis.port, lambda data: when if b'"n":2' in data else None) as line:
            url = f"redis://127.0.0.1:{line.port}/0?prefix={prefix}"
            async with opened(url) as store, opened(redis.url(f"?prefix={prefix}")) as other:
                await store.turn("CA1", plays.count)
                ours = asyncio.ensure_future(store.turn("CA1", play))
                while others and not line.done:
                    await asyncio.sleep(0)
                for _ in range(others):
                    await other.turn("CA1", plays.count)
                number = await ours
                last = (await other.turn("CA1", plays.look)).variables["n"]
                assert line.done
                assert last == 2 + others, "each turn was written once"
                if when == "after" or not others:
                    assert (number, len(played)) == (2, 1)

    asyncio.run(story())


def test_a_dropping_whose_answer_was_lost_knows_that_it_dropped(redis, plays):
    async def story():
        dropping = b"\xcd\xea\x60\x00"  # in MessagePack: a minute to live, no text
        line = Cutting(redis.port, lambda data: "after" if dropping in data else None)
        async with line, opened(f"redis://127.0.0.1:{line.port}/0?prefix=gone:") as store:
            await store.turn("CA1", plays.count)
            assert await store.drop("CA1") is True
            assert line.done
            assert await store.drop("CA1") is False
            assert await store.turn("CA1", plays.look) is None
            assert await store.sessions(10) == []

    asyncio.run(story())


def test_a_server_that_is_silent_is_waited_for_and_the_loop_is_free(new_server, plays):
    server = new_server()

    async def story():
        async with opened(server.url()) as store:
            await store.turn("CA1", plays.count)
            server.halt()
            turns = [asyncio.ensure_future(store.turn("CA1", plays.count)) for _ in range(3)]
            done, _ = await asyncio.wait(turns, timeout=0.02)
            assert not done
            server.go_on()
            assert await asyncio.gather(*turns) == [2, 3, 4]

    asyncio.run(story())


def test_patience_ends_and_begins_anew(new_server, plays):
    server = new_server()

    async def story():
        async with opened(server.url()) as store:
            for number in range(2):
                server.halt()
                turns = [store.turn(f"CA{one}", plays.count) for one in range(2)]
                raised = await asyncio.gather(*turns, return_exceptions=True)
                assert [type(fault) for fault in raised] == [StoreBusy, StoreBusy]
                assert str(raised[0]) == (
                    f"`redis://127.0.0.1:{server.port}/0` could not be used for 5 seconds: it did not answer in time"
                )
                server.go_on()
                assert await store.turn("CA9", plays.count) == number + 1

    told_hastily(story)


def test_a_server_that_died_and_came_back_empty_goes_on(new_server, plays):
    """A turn that was waiting meanwhile begins the session anew: Redis kept nothing on disk."""
    server = new_server()

    async def story():
        async with opened(server.url()) as store:
            assert await store.turn("CA1", plays.count) == 1
            server.kill()
            turn = asyncio.ensure_future(store.turn("CA1", plays.count))
            await asyncio.wait([turn], timeout=0.05)
            assert not turn.done()
            new_server(port=server.port)
            assert await turn == 1
            assert await store.turn("CA1", plays.count) == 2

    asyncio.run(story())


def test_a_server_that_died_is_told_in_a_sentence(new_server, plays):
    server = new_server()

    async def story():
        async with opened(server.url()) as store:
            server.kill()
            with pytest.raises(StoreError):
                await store.sessions(0)
            for asked in (store.turn("CA1", plays.count), store.keep_version("v", {}), store.sessions(1)):
                with pytest.raises(StoreBusy) as raised:
                    await asked
                assert str(raised.value) == (
                    f"`redis://127.0.0.1:{server.port}/0` could not be used for 5 seconds: "
                    "it cannot be reached: connection refused"
                )

    told_hastily(story)


def test_while_a_server_is_a_replica_turns_wait_for_it_to_be_promoted(new_server, plays):
    server = new_server()

    async def story():
        async with opened(server.url()) as store:
            assert await store.turn("CA1", plays.count) == 1
            server.ask("REPLICAOF", "127.0.0.1", 1)
            turn = asyncio.ensure_future(store.turn("CA1", plays.count))
            await asyncio.wait([turn], timeout=0.05)
            assert not turn.done()
            server.ask("REPLICAOF", "NO", "ONE")
            assert await turn == 2

    asyncio.run(story())


def test_behind_the_same_name_another_server_may_take_over(new_server, plays):
    """The old one lives on as a replica: whoever stayed connected to it could never write again."""
    old, new = new_server(), new_server()

    async def story():
        async with Cutting(old.port) as line, opened(f"redis://127.0.0.1:{line.port}") as store:
            assert await store.turn("CA1", plays.count) == 1
            new.ask("HSET", "touchtone:session:CA1", *old.ask("HGETALL", "touchtone:session:CA1"))
            line.target = new.port
            old.ask("REPLICAOF", "127.0.0.1", 1)
            assert await store.turn("CA1", plays.count) == 2
        assert json.loads(new.ask("HGET", "touchtone:session:CA1", "session"))["variables"] == {"n": 2}

    asyncio.run(story())


def test_a_full_memory_is_told_at_once_and_only_to_who_writes(new_server, plays):
    server = new_server("--maxmemory-policy", "noeviction")

    async def story():
        async with opened(server.url()) as store:
            assert await store.turn("CA1", plays.count) == 1
            server.ask("CONFIG", "SET", "maxmemory", 1)
            with pytest.raises(StoreError, match=r": its memory is full$"):
                await store.turn("CA2", plays.count)
            server.ask("CONFIG", "SET", "maxmemory", 0)
            assert await store.turn("CA1", plays.count) == 2

    asyncio.run(story())


# -- what does not even begin ---------------------------------------------------------------------------------------------------


def test_nobody_at_the_address_is_told_in_a_sentence():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"redis://me:SECRET@127.0.0.1:{port}/0"
    assert refusal(url) == (
        f"sessions cannot be kept in `redis://127.0.0.1:{port}/0`: it cannot be reached: connection refused"
    )
    assert refusal(url.replace("redis:", "redis+cluster:")) == (
        f"sessions cannot be kept in `redis+cluster://127.0.0.1:{port}`: it cannot be reached: connection refused"
    )
    assert refusal(f"redis+sentinel://:SECRET@127.0.0.1:{port}/main?sentinel_password=SECRET") == (
        f"sessions cannot be kept in `redis+sentinel://127.0.0.1:{port}/main/0`: "
        "it cannot be reached: none of the sentinels answers and knows a server of that name that is well"
    )
    assert "no such file or directory" in refusal("redis+unix:///nowhere/redis.sock")
    assert "it cannot be reached: " in refusal("redis://no-such-host.invalid")


def test_a_server_that_is_there_but_silent_is_waited_for_at_the_start(new_server, plays):
    server = new_server()
    server.halt()

    async def story():
        started = asyncio.ensure_future(open_and_count())
        done, _ = await asyncio.wait([started], timeout=0.02)
        assert not done
        server.go_on()
        assert await started == 1

    async def open_and_count():
        async with opened(server.url()) as store:
            return await store.turn("CA1", plays.count)

    asyncio.run(story())
    server.halt()

    async def hurried():
        with pytest.raises(
            StoreError, match=f"sessions cannot be kept in `.*:{server.port}/0`: it did not answer in time$"
        ):
            await open_and_count()

    told_hastily(hurried)


def test_a_password_is_asked_for_checked_and_never_told(new_server, plays):
    server = new_server("--requirepass", "S3:CRET")
    refuses = "it refuses the name and password of the URL, or wants some (redis://NAME:PASSWORD@host)"
    for secret in ("", ":WRONG@", "nobody:S3%3ACRET@"):
        said = refusal(f"redis://{secret}127.0.0.1:{server.port}")
        assert said == f"sessions cannot be kept in `redis://127.0.0.1:{server.port}/0`: {refuses}"

    async def story():
        for secret in (":S3%3ACRET@", "default:S3%3ACRET@"):
            async with opened(f"redis://{secret}127.0.0.1:{server.port}") as store:
                await store.turn("CA1", plays.count)
                assert "S3" not in f"{store!r} {vars(store)}"

    asyncio.run(story())


def test_what_a_user_may_not_do_is_told(new_server, plays):
    server = new_server()
    server.ask("ACL", "SETUSER", "calls", "on", ">pw", "~touchtone:*", "+@all", "-hset")

    async def writes(store):
        await store.turn("CA1", plays.count)

    said = refusal(f"redis://calls:pw@127.0.0.1:{server.port}", writes)
    assert "it does not permit all that a store does: " in said
    server.ask("ACL", "SETUSER", "calls", "-@scripting")
    said = refusal(f"redis://calls:pw@127.0.0.1:{server.port}")
    assert "it does not permit all that a store does: " in said


def test_a_database_that_is_not_there_is_told(redis):
    said = refusal(f"redis://127.0.0.1:{redis.port}/99")
    assert said.endswith(": it answered: DB index is out of range")


def test_a_server_that_speaks_no_tls_is_told(redis):
    async def story():
        with pytest.raises(StoreError) as raised:
            async with opened(f"rediss://127.0.0.1:{redis.port}"):
                pass
        return str(raised.value)

    said = told_hastily(story)
    assert said.startswith(f"sessions cannot be kept in `rediss://127.0.0.1:{redis.port}/0`: ")
    assert said.endswith(" (does it speak TLS?)")


def test_tls_is_spoken_and_certificates_are_judged(redis, plays):
    """One that nobody vouches for is refused, so is one for another name; who asks for no certificate gets TLS all the same."""
    certificate = Path(__file__).parents[1] / "effects" / "shop.pem"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def story():
        async with Cutting(redis.port, tls=context) as line:
            address = f"rediss://127.0.0.1:{line.port}/0"
            for option, why in [
                ("", "self-signed certificate"),
                (f"?ssl_ca_certs={certificate}", "IP address mismatch"),
            ]:
                with pytest.raises(StoreError) as raised:
                    async with opened(address + option):
                        pass
                said = str(raised.value)
                assert said.startswith(f"sessions cannot be kept in `{address}`: its certificate is refused: ")
                assert why in said
            async with opened(f"{address}?ssl_cert_reqs=none&prefix=tls:") as store:
                assert await store.turn("CA1", plays.count) == 1

    asyncio.run(story())


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "the connection was lost (does it want TLS, as rediss://?)"),
        (b"\x15\x03\x01\x00\x02\x02\x0a", ""),  # an alert of TLS
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", ""),
    ],
    ids=["hangs up", "TLS", "HTTP"],
)
def test_another_kind_of_server_is_told(answer, why):
    """Something that listens, but does not answer as a Redis does."""

    async def story():
        async def hello(reader, writer):
            await reader.read(100)
            writer.write(answer)
            writer.close()

        server = await asyncio.start_server(hello, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(StoreError) as raised:
                async with opened(f"redis://127.0.0.1:{port}"):
                    pass
            said = str(raised.value)
            assert said.startswith(f"sessions cannot be kept in `redis://127.0.0.1:{port}/0`: ")
            assert said.endswith(why)
            assert said.isprintable()

    asyncio.run(story())


def test_a_socket_in_the_file_system_does_as_well(new_server, plays, tmp_path):
    file = tmp_path / "redis.sock"
    new_server("--unixsocket", file)

    async def story():
        async with opened(f"redis+unix://{file}?db=3&prefix=u:") as store:
            assert await store.turn("CA1", plays.count) == 1

    asyncio.run(story())


# -- clusters and sentinels -----------------------------------------------------------------------------------------------------


def cluster_url(nodes, options=""):
    return f"redis+cluster://{','.join(f'127.0.0.1:{node.port}' for node in nodes)}{options}"


def test_sessions_are_spread_over_the_cluster(cluster, plays):
    async def story():
        async with opened(cluster_url(cluster[:1], "?prefix=spread:")) as store:
            await asyncio.gather(*[store.turn(f"CA{number}", plays.count) for number in range(60)])
            return len(await store.sessions(100))

    assert asyncio.run(story()) == 60
    assert all(len(node.ask("KEYS", "spread:*")) > 5 for node in cluster)


def test_a_cluster_and_a_single_server_are_not_taken_for_each_other(cluster, redis):
    for number in range(20):  # whichever key is asked for first
        said = refusal(f"redis://127.0.0.1:{cluster[0].port}/0?prefix={number}:", lambda store: store.sessions(1))
        if "is not open" not in said:
            break
    assert said.endswith(": it is part of a cluster: write redis+cluster:// before its address")
    said = refusal(f"redis+cluster://127.0.0.1:{redis.port}")
    assert said.endswith(": it is no cluster: write redis:// before its address")


def test_a_slot_that_moves_is_followed(new_server, plays):
    nodes = new_server.cluster()
    ids = [node.ask("CLUSTER", "MYID") for node in nodes]

    async def story():
        async with opened(cluster_url(nodes)) as store:
            for number in range(30):
                assert await store.turn(f"CA{number}", plays.count) == 1
            slot = nodes[0].ask("CLUSTER", "KEYSLOT", "touchtone:session:CB1")
            owner = slot // (SLOTS // 3 + 1)
            target = (owner + 1) % 3
            for node in (nodes[target], nodes[owner], nodes[(owner + 2) % 3]):
                node.ask("CLUSTER", "SETSLOT", slot, "NODE", ids[target])
            assert await store.turn("CB1", plays.count) == 1
            assert await store.turn("CB1", plays.count) == 2
            assert nodes[target].ask("EXISTS", "touchtone:session:CB1") == 1

    asyncio.run(story())


def test_a_server_of_the_cluster_that_died_takes_only_its_own_sessions_along(new_server, plays):
    nodes = new_server.cluster()

    async def story():
        async with opened(cluster_url(nodes)) as store:
            keys = [f"CA{number}" for number in range(30)]
            await asyncio.gather(*[store.turn(key, plays.count) for key in keys])
            lost = {name.rpartition(":")[2] for name in nodes[1].ask("KEYS", "*")}
            nodes[1].kill()
            raised = await asyncio.gather(*[store.turn(key, plays.count) for key in keys], return_exceptions=True)
            assert 0 < len(lost) < 30
            for key, result in zip(keys, raised, strict=True):
                if key in lost:
                    assert isinstance(result, StoreBusy)
                    assert "could not be used for 5 seconds: " in str(result)
                else:
                    assert result == 2

    told_hastily(story)


def test_when_a_replica_of_the_cluster_takes_over_calls_go_on_there(new_server, plays):
    """Nobody tells: the server that could is dead. Who asks the others anew finds out."""
    nodes = new_server.cluster()
    replica = new_server(
        *("--cluster-enabled", "yes", "--cluster-config-file", "replica.conf", "--cluster-node-timeout", 500),
        product="valkey",
    )
    replica.ask("CLUSTER", "MEET", "127.0.0.1", nodes[0].port)

    async def until(holds):
        async with asyncio.timeout(20):
            while not holds():
                await asyncio.sleep(0.01)

    async def story():
        lost = nodes[1].ask("CLUSTER", "MYID")
        await until(lambda: lost in replica.ask("CLUSTER", "NODES"))
        replica.ask("CLUSTER", "REPLICATE", lost)
        await until(lambda: "master_link_status:up" in replica.ask("INFO", "replication"))
        async with opened(cluster_url(nodes)) as store:
            keys = [f"CA{number}" for number in range(30)]
            await asyncio.gather(*[store.turn(key, plays.count) for key in keys])
            there = len(nodes[1].ask("KEYS", "*"))
            await until(lambda: len(replica.ask("KEYS", "*")) == there > 0)
            nodes[1].kill()
            assert await asyncio.gather(*[store.turn(key, plays.count) for key in keys]) == [2] * 30

    asyncio.run(story())


def test_when_sentinels_promote_a_replica_calls_go_on_there(new_server, plays):
    """The turn that comes in while the old server is dead waits for the new one; what was replicated is there."""
    master = new_server()
    replica = new_server("--replicaof", "127.0.0.1", master.port)
    sentinel = new_server.sentinel(master)
    url = f"redis+sentinel://127.0.0.1:{sentinel.port}/mymaster/0"

    async def story():
        async with opened(url) as store:
            assert await store.turn("CA1", plays.count) == 1
            while replica.ask("EXISTS", "touchtone:session:CA1") == 0:
                await asyncio.sleep(0.01)
            while "slaves=1" not in sentinel.ask("INFO", "sentinel"):
                await asyncio.sleep(0.01)
            master.kill()
            assert await store.turn("CA1", plays.count) == 2
            assert replica.ask("EXISTS", "touchtone:session:CA1") == 1

    asyncio.run(story())
    said = refusal(url.replace("mymaster", "other"))
    assert said.endswith(": none of the sentinels answers and knows a server of that name that is well")


def test_a_step_without_a_mark_only_reads():
    """The default of what is asked: nothing is written by whoever forgets to say what."""
    assert Step(b"key") == (b"key", "", "", b"", 0)


def test_ask_speaks_the_protocol(redis):
    """The tests' own eyes are not those of the library that is judged."""
    assert ask(redis.port, "ECHO", "Zoë\r\n") == "Zoë\r\n"
    with pytest.raises(ValueError, match="unknown command"):
        ask(redis.port, "NONSENSE")


LOOKING = "import sys; sys.path.insert(0, sys.argv[1]); from benchmarks.redis_server import command; command()"


def test_without_any_server_it_is_said_what_to_install(tmp_path):
    """These tests are never passed over."""
    root = Path(benchmarks.redis_server.__file__).parents[1]
    looked = subprocess.run(
        [sys.executable, "-S", "-c", LOOKING, root], env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert looked.returncode == 1
    assert benchmarks.redis_server.MISSING in looked.stderr

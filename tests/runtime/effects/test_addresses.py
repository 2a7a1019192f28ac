"""Nobody makes the server ask inside its own network: not by an address, not by a name, not by a name server."""

import asyncio
import socket
import ssl
import time
from pathlib import Path

import pytest

from engine.grammar.hosts import literal
from engine.runtime.effects.addresses import Guard
from engine.runtime.effects.allowed import Allowed
from engine.runtime.effects.effect import HttpCall
from engine.runtime.effects.failure import Failure
from engine.runtime.effects.http import HttpClient
from tests.runtime.effects.conftest import Shop, answer

HERE = Path(__file__).parent


def found(host, *known, allow=(), port=80):
    """The addresses that may be asked for a host which a name server knows as `known`."""

    async def resolve(name, port):
        if not known:
            raise socket.gaierror(socket.EAI_NONAME, "no")
        return known

    guard = Guard(tuple(Allowed.read(text) for text in allow), resolve)
    return asyncio.run(guard.find(host, port))


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            *("0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1"),
            *("172.31.255.255", "192.168.1.1", "192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
            *("255.255.255.255", "100.100.100.200", "168.63.129.16"),
            *("::", "::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1", "2001::1"),
            *("::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "2002:7f00:1::", "64:ff9b::10.0.0.1"),
            *("64:ff9b:1::8.8.8.8", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "100::1", "5f00::1", "4000::1"),
        ],
    )
    def test_what_leads_inside_is_refused(self, address):
        with pytest.raises(Failure, match="which is not asked: TOUCHTONE_ALLOW_HOSTS does not name it"):
            found(address)
        with pytest.raises(Failure, match=r"shop.example leads to"):
            found("shop.example", address)

    @pytest.mark.parametrize(
        "address",
        [
            "8.8.8.8",
            "172.32.0.1",
            "100.63.255.255",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::",
        ],
    )
    def test_what_leads_outside_is_asked(self, address):
        assert found(address) == (str(literal(address)),)
        assert found("shop.example", address) == (address,)


class TestNames:
    def test_only_the_addresses_that_lead_outside_are_asked(self):
        assert found("shop.example", "127.0.0.1", "8.8.8.8", "::1", "2606:4700::1111") == ("8.8.8.8", "2606:4700::1111")

    def test_a_name_that_nobody_knows(self):
        with pytest.raises(Failure, match=r"the name shop\.example is not known") as caught:
            found("shop.example")
        assert not caught.value.again

    def test_a_name_server_that_does_not_answer_is_asked_again(self):
        async def resolve(name, port):
            raise socket.gaierror(socket.EAI_AGAIN, "later")

        with pytest.raises(Failure) as caught:
            asyncio.run(Guard((), resolve).find("shop.example", 80))
        assert caught.value.again

    def test_a_name_is_looked_up_once_and_the_address_that_was_judged_is_asked(self):
        """A name server that answers with another address the next time (DNS rebinding) is not asked a second time."""
        answers = [["127.0.0.1"], ["127.0.0.99"]]

        async def resolve(name, port):
            return answers.pop(0)

        async def play():
            async with Shop([answer("here")]) as shop:
                # Allowed is the address, not the name: the name server decides whether the request goes out.
                asker = HttpClient(Guard((Allowed.read("127.0.0.1"),), resolve), clock=time.monotonic, wall=time.time)
                first = await asker.perform(HttpCall("GET", shop.url(host="rebind.example")))
                await asker.close()
                second = await asker.perform(HttpCall("GET", shop.url(host="rebind.example"), retries=0))
                await asker.close()
                return first, second, shop.asked

        first, second, asked = asyncio.run(play())
        assert first.values["body"] == "here"
        assert asked[0].headers["host"].startswith("rebind.example:")
        assert second.problem.startswith("rebind.example leads to a loopback address")
        assert answers == []

    def test_the_next_address_is_tried_when_one_does_not_answer(self):
        async def resolve(name, port):
            return ["127.0.0.77", "127.0.0.1"]

        async def play():
            async with Shop([answer("here")]) as shop:
                asker = HttpClient(
                    Guard((Allowed.read("shop.example"),), resolve), clock=time.monotonic, wall=time.time
                )
                result = await asker.perform(HttpCall("GET", shop.url(), retries=0))
                await asker.close()
                return result.values["body"]

        assert asyncio.run(play()) == "here"


class TestAllowed:
    @pytest.mark.parametrize(
        ("entry", "host", "port"),
        [
            ("localhost:8001", "localhost", 8001),
            ("localhost", "LOCALHOST.", 80),
            ("*.internal", "a.b.internal", 80),
            ("10.0.0.5", "10.0.0.5", 1),
            ("10.0.0.5", "0xa.5", 1),
            ("10.0.0.0/8", "10.9.9.9", 80),
            ("10.0.0.0/8:443", "10.9.9.9", 443),
            ("[fd00::1]:80", "fd00::1", 80),
            ("fd00::/8", "fd00::2", 80),
            ("my_api", "my_api", 80),
        ],
    )
    def test_what_an_entry_lets_through(self, entry, host, port):
        assert found(host, "10.0.0.1", allow=[entry], port=port)

    @pytest.mark.parametrize(
        ("entry", "host", "port"),
        [
            ("localhost:8001", "localhost", 8002),
            ("*.internal", "internal", 80),
            ("*.internal", "a.internal.example", 80),
            ("*.internal", "notinternal", 80),
            ("internal", "a.internal", 80),
            ("10.0.0.5", "10.0.0.6", 80),
            ("10.0.0.0/8:443", "10.9.9.9", 80),
            ("fd00::1", "fd00::2", 80),
        ],
    )
    def test_and_what_it_does_not(self, entry, host, port):
        with pytest.raises(Failure):
            found(host, "192.168.0.1", allow=[entry], port=port)

    def test_a_network_lets_through_the_names_that_lead_there(self):
        assert found("db.example", "10.0.0.7", "8.8.8.8", allow=["10.0.0.0/8"]) == ("10.0.0.7", "8.8.8.8")

    @pytest.mark.parametrize(
        "entry", ["*", "*.", "http://x", "x/y", "x:0", "x:99999", "[::1", "10.0.0.0/99", "a b", "-x", ""]
    )
    def test_what_is_no_entry(self, entry):
        with pytest.raises(ValueError, match="is no host"):
            Allowed.read(entry)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://127.0.0.1:{}/",
            "http://127.1:{}/",
            "http://0x7f000001:{}/",
            "http://017700000001:{}/",
            "http://[::1]:{}/",
        ),
        *("http://[::ffff:127.0.0.1]:{}/", "http://localhost:{}/", "http://127。0。0。1:{}/", "http://0:{}/"),
        *("http://user@127.0.0.1:{}/", "http://inside.example:{}/", "http://shop.example@127.0.0.1:{}/"),
        *("http://[::1%25lo]:{}/", "http://127.0.0.1.:{}/", "https://127.0.0.1:{}/", "HTTP://127.0.0.1:{}"),
        *(
            "file:///etc/passwd",
            "ftp://shop.example:{}/",
            "//127.0.0.1:{}/",
            "/path",
            "",
            "http://",
            "http://:{}/",
            "http://a b/",
        ),
        *("http://127.0.0.1:99999/", "http://[::1/", "http://%31.1:{}/", "unix:///run/x.sock"),
    ],
)
def test_no_address_reaches_a_server_of_this_machine(url):
    async def resolve(name, port):
        return ["127.0.0.1"]

    async def play():
        async with Shop([answer("inside")]) as shop:
            asker = HttpClient(Guard((Allowed.read("shop.example"),), resolve), clock=time.monotonic, wall=time.time)
            result = await asker.perform(HttpCall("GET", url.format(shop.port), retries=0, timeout=2))
            await asker.close()
            return result, shop.connections

    result, connections = asyncio.run(play())
    assert (result.answer, connections) == ("error", 0)
    assert result.problem


class TestSecureConnections:
    """The name is what TLS and `Host` speak of, whatever address is connected to. `shop.pem` is a certificate for shop.example."""

    def ask(self, host, trusted):
        async def play():
            own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            own.load_cert_chain(HERE / "shop.pem")
            named = []
            own.sni_callback = lambda connection, name, context: named.append(name)
            async with Shop([answer("secure")], own) as shop:
                guard = Guard((Allowed.read("*.example"),), here)
                asker = HttpClient(
                    guard,
                    clock=time.monotonic,
                    wall=time.time,
                    trusted=ssl.create_default_context(cafile=HERE / "shop.pem") if trusted else None,
                )
                result = await asker.perform(HttpCall("GET", shop.url(host=host, scheme="https"), retries=0))
                await asker.close()
                return result, named

        async def here(name, port):
            return ["127.0.0.1"]

        return asyncio.run(play())

    def test_the_certificate_is_asked_for_by_name(self):
        result, named = self.ask("shop.example", True)
        assert (result.values["body"], named) == ("secure", ["shop.example"])

    def test_a_certificate_of_another_name_is_not_accepted(self):
        result, _ = self.ask("other.example", True)
        assert result.answer == "error"
        assert result.problem.startswith("the certificate of other.example is not accepted: Hostname mismatch")

    def test_nor_one_that_nobody_has_signed(self):
        assert "is not accepted: self" in self.ask("shop.example", False)[0].problem

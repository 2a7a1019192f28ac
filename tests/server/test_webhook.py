"""A request of Twilio becomes the right turn, and whatever happens Twilio gets an answer it can use."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from engine.runtime.request import Reply, Request
from engine.runtime.stores import StoreError
from engine.server.body import Bodies
from engine.server.pages import Rejected
from engine.server.places import read_place

Exchange = Callable[..., Any]

P = [("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675309"), ("Digits", "1234"), ("To", "+18005551212")]
FORM = ("Content-Type", "application/x-www-form-urlencoded")


class TestSignatures:
    """Twilio's published situations, each at the address of a flow."""

    situations: dict[str, tuple[str, str, str, Sequence[tuple[str, str]]]] = {
        "as configured": ("https://mycompany.com", "https://mycompany.com", "?foo=1&bar=2", P),
        "signed with the port": ("https://mycompany.com", "https://mycompany.com:443", "?foo=1&bar=2", P),
        "http, signed with the port": ("http://mycompany.com", "http://mycompany.com:80", "", P),
        "http on another port": ("http://mycompany.com:1234", "http://mycompany.com:1234", "", P),
        "port stripped": ("https://mycompany.com:1234", "https://mycompany.com", "", P),
        "repeated values": ("https://mycompany.com", "https://mycompany.com", "", [("A", "2"), ("A", "1"), ("A", "2"), ("AB", "0")]),
        "name and password": ("https://user:pass@mycompany.com", "https://mycompany.com", "", P),
        "fragment": ("https://mycompany.com#rc=3&rp=all", "https://mycompany.com", "", P),
        "escapes in the query": ("https://mycompany.com", "https://mycompany.com", "?Body=It%27s+amazing&b=%2b", P),
        "an empty query": ("https://mycompany.com", "https://mycompany.com", "", []),
        "what forms must escape": ("https://mycompany.com", "https://mycompany.com", "", [("B[]", "a&b=c+d %2B caf\u00e9\n\u2603")]),
    }  # fmt: skip

    @pytest.mark.parametrize("name", situations)
    @pytest.mark.parametrize("path", ["/flows/clinic", "/flows/clinic/menu/", "/flows/caf%C3%A9/a%20b"])
    def test_what_twilio_signed_is_answered(self, exchange: Exchange, name: str, path: str) -> None:
        public_url, signed, query, fields = self.situations[name]
        assert exchange(public_url=public_url).call(path + query, fields, public=signed).status == 200

    @pytest.mark.parametrize("name", situations)
    def test_what_was_spoiled_is_refused_in_one_line(
        self, exchange: Exchange, name: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        public_url, signed, query, fields = self.situations[name]
        phone = exchange(public_url=public_url)
        response = phone.call("/flows/clinic" + query, fields, public=signed + "/elsewhere")
        assert (response.status, response.body) == (403, b"This request was not signed by Twilio\n")
        assert not phone.turns
        (record,) = caplog.records
        assert (record.levelno, record.exc_info) == (logging.WARNING, None)
        assert "the signature is of another address" in record.getMessage()
        assert "12345" not in record.getMessage()
        assert "foo=1" not in record.getMessage()

    def test_a_get_is_signed_by_its_address_alone(self, exchange: Exchange) -> None:
        assert exchange().call("/flows/clinic?CallSid=CA1", method="GET").status == 200
        assert exchange().call("/flows/clinic?CallSid=CA1", method="HEAD").status == 200

    def test_a_bare_question_mark_is_not_signed(self, exchange: Exchange) -> None:
        assert exchange().call("/flows/clinic", seen="/flows/clinic?").status == 200

    def test_json_is_signed_by_its_hash(self, exchange: Exchange) -> None:
        phone = exchange()
        body = b'{"EventType": "done", "Count": 1.50, "Ok": true, "Gone": null, "Deep": {"a": 1}, "Half": "\\ud800"}'
        target = f"/flows/clinic?who=me&bodySHA256={sha256(body).hexdigest()}"
        signature = RequestValidator("12345").compute_signature("https://example.com" + target, {})
        headers = [("Content-Type", "application/json; charset=utf-8"), ("X-Twilio-Signature", signature)]
        assert phone.ask(target, body=body, headers=headers).status == 200
        turn = phone.turns[0]
        params = {"who": "me", "EventType": "done", "Count": "1.50", "Ok": "true", "Half": "?"}
        assert {name: turn.params[name] for name in params} == params
        assert "Gone" not in turn.params
        assert turn.entry == {"who": "me"}
        assert phone.ask(target, body=body + b" ", headers=headers).status == 403
        assert phone.ask(target, headers=headers).status == 403

    @pytest.mark.parametrize("body", [b"[1]", b"{", b"[" * 100_000, b"\xff", b'"text"'])
    def test_json_that_is_no_object_is_rejected(self, exchange: Exchange, body: bytes) -> None:
        response = exchange(unsigned=True).ask(body=body, headers=[("Content-Type", "application/json")])
        assert response.status == 400

    def test_a_missing_signature_is_refused(self, exchange: Exchange) -> None:
        assert exchange().ask(headers=[FORM]).status == 403

    @pytest.mark.parametrize("signature", ["", "=", "x" * 10_000, "caf\u00e9", "\x00"])
    def test_nonsense_for_a_signature_is_refused(self, exchange: Exchange, signature: str) -> None:
        assert exchange().call(signature=signature).status == 403

    def test_two_signatures_are_refused_even_if_one_is_right(
        self, exchange: Exchange, caplog: pytest.LogCaptureFixture
    ) -> None:
        signature = RequestValidator("12345").compute_signature("https://example.com/flows/clinic", {"CallSid": "CA1"})
        assert exchange().call(signature="wrong", headers=[("X-Twilio-Signature", signature)]).status == 403
        assert "more than one signature" in caplog.text

    def test_other_headers_may_be_repeated(self, exchange: Exchange) -> None:
        assert exchange().call(headers=[("Via", "a"), ("Via", "b")]).status == 200

    def test_unsigned_answers_anybody(self, exchange: Exchange) -> None:
        assert exchange(unsigned=True).ask().status == 200

    def test_the_log_holds_one_line_whatever_the_address(
        self, exchange: Exchange, caplog: pytest.LogCaptureFixture
    ) -> None:
        exchange().call("/flows/a%0AFAKE LINE\n" + "x" * 5000, signature="no")
        assert "\n" not in caplog.records[0].getMessage()
        assert len(caplog.records[0].getMessage()) < 500


class TestTurns:
    def test_everything_that_came_in_is_in_the_turn(self, exchange: Exchange) -> None:
        phone = exchange()
        token = ("I-Twilio-Idempotency-Token", "abc")
        phone.call("/flows/clinic/menu?_v=1&who=me&From=query", [("From", "+1"), ("Digits", "")], headers=[token])
        (turn,) = phone.turns
        assert (turn.flow, turn.step, turn.token) == ("clinic", "menu", "abc")
        assert turn.params == {"who": "me", "From": "+1", "Digits": ""}
        assert turn.asked == {"_v": "1"}
        assert turn.entry == {"who": "me", "From": "query"}
        assert turn.at.isoformat() == "2026-12-24T12:00:00+00:00"

    def test_the_parameters_of_a_get_are_told_from_those_of_the_entry_by_their_capital(
        self, exchange: Exchange
    ) -> None:
        phone = exchange()
        phone.call("/flows/clinic?_v=1&who=me&From=%2B1&Digits=", method="GET")
        (turn,) = phone.turns
        assert turn.params == {"who": "me", "From": "+1", "Digits": ""}
        assert (turn.asked, turn.entry) == ({"_v": "1"}, {"who": "me"})

    def test_a_name_with_a_capital_is_the_entrys_own_before_what_twilio_adds(self, exchange: Exchange) -> None:
        phone = exchange()
        phone.call("/flows/clinic?Message=Hi&O[1]=x&AccountSid=AC1&New=1&who=me&O[2]=y", method="GET")
        assert phone.turns[0].entry == {"Message": "Hi", "O[1]": "x", "who": "me", "O[2]": "y"}

    def test_bracketed_names_are_numbered(self, exchange: Exchange) -> None:
        phone = exchange()
        phone.call("/flows/clinic?n[]=1&n[]=2", [("m[]", "a"), ("m[]", "b"), ("m[]", "a")])
        assert phone.turns[0].params == {"n[0]": "1", "n[1]": "2", "m[0]": "a", "m[1]": "b", "m[2]": "a"}
        assert phone.turns[0].entry == {"n[0]": "1", "n[1]": "2"}

    @pytest.mark.parametrize(
        ("path", "flow", "step", "base"),
        [
            ("/flows/clinic", "clinic", "", ""),
            ("/flows/clinic/", "clinic", "", "../"),
            ("/flows/clinic/menu", "clinic", "menu", "../"),
            ("/flows/clinic/menu/", "clinic", "menu", "../../"),
            ("/flows/caf%C3%A9/a%20b", "caf\u00e9", "a b", "../"),
            ("/flows/a%2Fb", "a/b", "", ""),
            ("/flows/%ED%A0%80/%00", "\ufffd\ufffd\ufffd", "\x00", "../"),
            ("/flows/100%/%zz", "100%", "%zz", "../"),
        ],
    )
    def test_the_path_names_flow_and_step(self, exchange: Exchange, path: str, flow: str, step: str, base: str) -> None:
        phone = exchange()
        assert phone.call(path).status == 200
        (turn,) = phone.turns
        assert (turn.flow, turn.step, turn.base) == (flow, step, base)
        assert turn.folder == "https://example.com/flows/"

    @given(st.lists(st.sampled_from(["a", "%41", "%2F", "%C3"]), min_size=1, max_size=2), st.sampled_from(["", "/"]))
    def test_the_base_leads_back_to_the_folder(self, names: list[str], slash: str) -> None:
        path = "/flows/" + "/".join(names) + slash
        flow, step, base = read_place(path)
        assert [name for name in (flow, step) if name] == [unquote(name, errors="replace") for name in names]
        assert base.count("../") == path.count("/") - 2

    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/flows",
            "/flows/",
            "/flows//",
            "/flows//x",
            "/flows/a//",
            "/flows/a/b/c",
            "/flows/a/b//",
            "/x",
            "/flows%2Fx",
        ],
    )
    def test_other_addresses_are_not_found_and_never_redirected(self, exchange: Exchange, path: str) -> None:
        response = exchange(unsigned=True).ask(path)
        assert (response.status, response.body) == (404, b"Not found\n")
        assert response.headers["content-type"] == "text/plain; charset=utf-8"


class TestAnswers:
    def test_a_reply_is_sent_with_its_headers(self, exchange: Exchange) -> None:
        response = exchange().call()
        assert (response.status, response.body) == (200, b"<Response/>")
        assert response.headers == {
            "content-type": "text/xml; charset=utf-8",
            "content-length": "11",
            "cache-control": "no-store",
        }

    def test_a_reply_may_be_awaited(self, exchange: Exchange) -> None:
        async def later(turn: Request) -> Reply:
            await asyncio.sleep(0)
            return Reply(turn.flow.encode(), 404, "text/plain")

        response = exchange(later).call()
        assert (response.status, response.body, response.headers["content-type"]) == (404, b"clinic", "text/plain")

    def test_head_is_answered_and_plays_no_turn(self, exchange: Exchange) -> None:
        phone = exchange()
        response = phone.call(method="HEAD")
        assert (response.status, response.body) == (200, b"")
        assert response.headers == {"content-type": "text/xml; charset=utf-8", "cache-control": "no-store"}
        assert not phone.turns
        assert phone.call(method="HEAD", signature="forged").status == 403

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "post"])
    def test_other_methods_are_named(self, exchange: Exchange, method: str) -> None:
        response = exchange().ask(method=method)
        assert (response.status, response.headers["allow"]) == (405, "GET, HEAD, POST")

    @pytest.mark.parametrize("awaited", [False, True])
    def test_a_caller_hears_an_apology_whatever_happens(
        self, exchange: Exchange, awaited: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def fail_later(turn: Request) -> Reply:
            raise RuntimeError("the store is gone")

        def fail(turn: Request) -> Reply:
            raise RuntimeError("the store is gone")

        response = exchange(fail_later if awaited else fail).call("/flows/a%0Ab")
        assert response.status == 200
        assert b"<Say>We are sorry" in response.body
        assert response.body.endswith(b"<Hangup/></Response>")
        assert "the store is gone" in caplog.text
        assert "\n" not in caplog.records[0].getMessage()

    def test_a_store_that_fails_is_one_line_in_the_log(
        self, exchange: Exchange, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(turn: Request) -> Reply:
            raise StoreError("the disk is full")

        assert b"<Say>We are sorry" in exchange(fail).call().body
        (record,) = caplog.records
        assert record.levelno == logging.ERROR
        assert "the disk is full" in record.getMessage()
        assert not record.exc_info

    def test_an_answer_that_is_none_is_a_fault_as_well(self, exchange: Exchange) -> None:
        assert b"<Say>" in exchange(lambda turn: None).call().body

    def test_whoever_writes_reads_the_apology(self, exchange: Exchange) -> None:
        response = exchange(lambda turn: None).call(fields=[("MessageSid", "SM1")])
        assert b"<Message>We are sorry" in response.body


class Silent:
    """Sends the parts of a body, and then nothing more."""

    def __init__(self, parts: list[bytes]) -> None:
        self.parts, self.waiting = list(parts), asyncio.Event()

    async def __call__(self) -> dict[str, Any]:
        if not self.parts:
            self.waiting.set()
            await asyncio.Event().wait()
        return {"type": "http.request", "body": self.parts.pop(0), "more_body": True}


class TestHostileRequests:
    def test_a_long_body_is_rejected_as_soon_as_it_is_too_long(self, exchange: Exchange) -> None:
        phone = exchange(unsigned=True, body_limit=1024)
        assert phone.ask(body=b"a=" + b"x" * 1022).status == 200
        assert phone.ask(body=b"a=" + b"x" * 1023).status == 413
        assert phone.ask(body=[b"x" * 600, b"x" * 600, None]).status == 413

    def test_a_body_may_come_in_parts(self, exchange: Exchange) -> None:
        phone = exchange(unsigned=True)
        assert phone.ask(body=[b"Dig", b"its=", b"", b"1"]).status == 200
        assert phone.turns[0].params == {"Digits": "1"}

    @pytest.mark.parametrize("body", [[None], [b"Digits=", None]])
    def test_who_goes_away_gets_no_answer(self, exchange: Exchange, body: Any) -> None:
        phone = exchange(unsigned=True)
        assert phone.ask(body=body) is None
        assert not phone.turns

    @pytest.mark.parametrize("parts", [[], [b"Digits="]], ids=["nothing", "a part"])
    def test_a_body_that_does_not_come_is_given_up(self, parts: list[bytes]) -> None:
        async def play() -> None:
            with pytest.raises(Rejected, match="408"):
                await Bodies(1024, seconds=0.01).read(Silent(parts))

        asyncio.run(play())

    @pytest.mark.parametrize("parts", [[], [b"Digits="]], ids=["nothing", "a part"])
    def test_one_who_is_still_sending_when_the_server_stops_is_told_so(self, parts: list[bytes]) -> None:
        async def play() -> None:
            silent = Silent(parts)
            reading = asyncio.ensure_future(Bodies(1024).read(silent))
            await silent.waiting.wait()
            reading.cancel()
            with pytest.raises(Rejected, match="503"):
                await reading

        asyncio.run(play())

    def test_the_connection_of_a_body_that_was_not_read_is_closed(self, exchange: Exchange) -> None:
        phone = exchange(unsigned=True, body_limit=1024)
        assert phone.ask(body=b"a=" + b"x" * 1023).headers["connection"] == "close"
        assert "connection" not in phone.ask("/flows/").headers

    def test_thousands_of_fields_are_rejected(self, exchange: Exchange) -> None:
        assert exchange(unsigned=True).ask(body=b"a&" * 5000).status == 413
        assert exchange(unsigned=True).ask("/flows/x?" + "a&" * 5000, method="GET").status == 413

    @pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain", "", "application/xml", "\xff"])
    def test_other_bodies_are_rejected(self, exchange: Exchange, kind: str) -> None:
        assert exchange(unsigned=True).ask(body=b"x", headers=[("Content-Type", kind)]).status == 415

    @pytest.mark.parametrize("kind", ["Application/X-WWW-Form-UrlEncoded", f"{FORM[1]} ; charset=latin-1", None])
    def test_forms_are_utf_8_however_they_are_announced(self, exchange: Exchange, kind: str | None) -> None:
        phone = exchange(unsigned=True)
        headers = [] if kind is None else [("Content-Type", kind)]
        assert phone.ask(body="a=caf\u00e9&b=%C3%A9".encode(), headers=headers).status == 200
        assert phone.turns[0].params == {"a": "caf\u00e9", "b": "\u00e9"}

    def test_a_get_has_no_body(self, exchange: Exchange) -> None:
        phone = exchange()
        assert phone.call("/flows/x?a=1", method="GET").status == 200
        assert phone.turns[0].params == {"a": "1"}

    @given(target=st.text(max_size=40), body=st.binary(max_size=80), header=st.text(max_size=20))
    def test_nothing_makes_the_server_fail(self, exchange: Exchange, target: str, body: bytes, header: str) -> None:
        phone = exchange(unsigned=True)
        path = "/flows/" + target.encode("utf-8", "replace").decode("latin-1")
        text = header.encode("utf-8", "replace").decode("latin-1")
        response = phone.ask(path, body=body, headers=[FORM, ("X-Twilio-Signature", text), ("Host", text)])
        assert response.status in (200, 404)
        for turn in phone.turns:
            for word in (turn.flow, turn.step, *turn.params, *turn.params.values(), *turn.asked.values()):
                assert word.encode("utf-8").decode("utf-8") == word
        signed = exchange().ask(path, body=body, headers=[FORM, ("X-Twilio-Signature", text)])
        assert signed.status in (403, 404)

    def test_an_absurd_host_matters_only_where_the_address_is_made_of_it(self, exchange: Exchange) -> None:
        assert exchange(unsigned=True).ask(headers=[("Host", "<a b>")]).status == 200
        assert exchange(unsigned=True, public_url="").ask(headers=[("Host", "<a b>")]).status == 400

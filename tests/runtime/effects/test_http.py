"""Requests: what goes out, what comes back, how long it is waited, and what is tried again."""

import asyncio
import gzip
import json
import logging
import zlib

import pytest

from engine.runtime.effects.effect import HttpCall
from tests.runtime.effects.conftest import BREAK, SILENCE, Shop, answer, client, json_answer


class TestWhatGoesOut:
    def test_a_get_has_its_address_and_nothing_else(self, ask):
        trial = ask(answer("hello"), path="/customers/%2B15550101?all=1", key="k1")
        asked = trial.asked[0]
        assert (asked.method, asked.target, asked.body) == ("GET", "/customers/%2B15550101?all=1", b"")
        assert asked.headers["host"].startswith("shop.example:")
        assert asked.headers["user-agent"] == "touchtone"
        assert not asked.headers.keys() & {
            "content-type",
            "content-length",
            "cookie",
            "authorization",
            "idempotency-key",
        }

    def test_params_are_added_to_the_query(self, ask):
        params = (("number", "+1 555&x"), ("tag", "a"), ("tag", "é"))
        assert (
            ask(answer(), path="/find", params=params).asked[0].target == "/find?number=%2B1+555%26x&tag=a&tag=%C3%A9"
        )
        assert ask(answer(), path="/find?all=1", params=(("b", "2"),)).asked[0].target == "/find?all=1&b=2"

    def test_json_is_sent_as_json(self, ask):
        asked = ask(answer(), method="POST", json={"name": "Zoë", "tries": 2, "none": None}, has_json=True).asked[0]
        assert asked.headers["content-type"] == "application/json"
        assert json.loads(asked.body) == {"name": "Zoë", "tries": 2, "none": None}

    def test_null_is_json_too(self, ask):
        assert ask(answer(), method="POST", json=None, has_json=True).asked[0].body == b"null"

    def test_a_form_is_sent_as_a_form(self, ask):
        asked = ask(answer(), method="POST", form=(("a", "1 2"), ("b", "é"))).asked[0]
        assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
        assert asked.body == b"a=1+2&b=%C3%A9"

    def test_a_header_that_is_written_wins(self, ask):
        headers = (
            ("content-type", "application/vnd.api+json"),
            ("User-Agent", "clinic"),
            ("X-Many", "1"),
            ("x-many", "2"),
        )
        asked = ask(answer(), method="POST", json=[], has_json=True, headers=headers).asked[0]
        assert asked.headers["content-type"] == "application/vnd.api+json"
        assert asked.headers["user-agent"] == "clinic"
        assert asked.headers["x-many"] == "1, 2"

    @pytest.mark.parametrize(("method", "sent"), [("POST", True), ("PATCH", True), ("PUT", False), ("DELETE", False)])
    def test_what_may_not_be_done_twice_has_the_key_of_the_turn(self, ask, method, sent):
        assert (ask(answer(), method=method, key="k1").asked[0].headers.get("idempotency-key") == "k1") is sent

    def test_a_key_that_is_written_stays(self, ask):
        asked = ask(answer(), method="POST", key="k1", headers=(("idempotency-key", "mine"),)).asked[0]
        assert asked.headers["idempotency-key"] == "mine"

    def test_a_name_and_password_in_the_address_go_into_a_header(self):
        async def play() -> dict[str, str]:
            async with Shop([answer()]) as shop:
                asker = client()
                await asker.perform(HttpCall("GET", f"http://me:p%40ss@shop.example:{shop.port}/"))
                await asker.close()
                return shop.asked[0].headers

        headers = asyncio.run(play())
        assert headers["authorization"] == "Basic bWU6cEBzcw=="
        assert "@" not in headers["host"]

    @pytest.mark.parametrize("headers", [(("X-A", "SECRET\r\nX-B: 1"),), (("X A", "SECRET"),), (("X-Ä", "SECRET"),)])
    def test_a_header_that_http_cannot_carry_is_not_sent_and_not_told(self, ask, headers):
        trial = ask(answer(), headers=headers)
        assert (trial.result.answer, trial.asked) == ("error", [])
        assert "cannot carry" in trial.result.problem
        assert "SECRET" not in trial.result.problem

    @pytest.mark.parametrize(
        "call",
        [{"path": "/\ud800"}, {"path": "/?" + "x" * 70_000}, {"params": (("a", "x" * 70_000),)}],
        ids=["half a character", "long", "long by its params"],
    )
    def test_an_address_that_is_none_is_told_as_one(self, ask, call):
        trial = ask(answer(), **call)
        assert (trial.result.answer, trial.asked) == ("error", [])
        assert trial.result.values["status"] == 0
        assert trial.result.problem == "the address of the request is none"


class TestWhatComesBack:
    def test_json_where_it_says_so(self, ask):
        result = ask(json_answer('{"name": "Zoë", "open": [1, 2.5, null]}')).result
        assert result.answer == "200"
        assert result.values["body"] == {"name": "Zoë", "open": [1, 2.5, None]}
        assert result.values["status"] == 200
        assert result.problem == ""

    @pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/problem+json", "TEXT/JSON"])
    def test_every_kind_of_json(self, ask, kind):
        assert ask(answer("[1]", content_type=kind)).result.values["body"] == [1]

    def test_text_that_looks_like_json_is_text(self, ask):
        assert ask(answer("0177", content_type="text/plain")).result.values["body"] == "0177"

    @pytest.mark.parametrize("text", ["{", "NaN", "[" * 100_000, "9" * 5000])
    def test_what_only_says_that_it_is_json_is_text(self, ask, text, caplog):
        result = ask(json_answer(text)).result
        if len(text) > 65_536:
            assert "more than a call can keep" in result.problem
        else:
            assert (result.answer, result.values["body"]) == ("200", text)
        assert "says that its answer is JSON, and it is not" in caplog.text

    def test_nothing_is_nothing(self, ask):
        assert ask(json_answer("", 204)).result.values["body"] is None
        assert ask(answer("")).result.values["body"] == ""

    @pytest.mark.parametrize(
        ("body", "kind", "text"),
        [
            ("é".encode("latin-1"), "text/plain; charset=iso-8859-1", "é"),
            ("日本".encode("shift_jis"), 'text/plain; charset="Shift_JIS"', "日本"),
            ("\ufeffé".encode(), "text/plain", "é"),
            (b"\xff", "text/plain", "\ufffd"),
            ("é".encode(), "text/plain; charset=punycode", "é"),
            ("é".encode(), "text/plain; charset=no-such", "é"),
        ],
    )
    def test_text_in_its_charset(self, ask, body, kind, text):
        assert ask(answer(body, content_type=kind)).result.values["body"] == text

    def test_headers_stand_under_small_letters(self, ask):
        headers = ask(answer(X_Rate="5", x_rate="6")).result.values["headers"]
        assert headers["x-rate"] == "5, 6"

    def test_a_failure_tells_the_status_and_keeps_the_body(self, ask):
        result = ask(json_answer('{"why": "gone"}', 404)).result
        assert (result.answer, result.values["body"]) == ("404", {"why": "gone"})
        assert result.problem == "shop.example answered 404"

    def test_head_has_no_body(self, ask):
        assert ask(answer(content_length="5"), method="HEAD").result.values["body"] == ""

    def test_every_value_is_json(self, ask):
        json.dumps(ask(json_answer("[1]")).result.values)


class TestHowMuch:
    def test_a_packed_body_is_unpacked(self, ask):
        packed = answer(gzip.compress(b'{"a": 1}'), content_encoding="gzip", content_type="application/json")
        assert ask(packed).result.values["body"] == {"a": 1}

    @pytest.mark.parametrize(
        "given",
        [
            answer(b"x" * 1_000_001),
            answer(content_length="9999999999999999999"),
            answer(b"f4241\r\n" + b"x" * 1_000_001 + b"\r\n0\r\n\r\n", transfer_encoding="chunked"),
            answer(gzip.compress(b"x" * 50_000_000), content_encoding="gzip"),
            answer(gzip.compress(gzip.compress(b"x" * 50_000_000)), content_encoding="gzip, gzip"),
            answer(zlib.compress(b"x" * 1_000_001), content_encoding="deflate"),
        ],
        ids=["long", "says so", "in pieces", "packed", "packed twice", "deflate"],
    )
    def test_an_answer_that_is_too_large_is_left(self, ask, given):
        result = ask(given).result
        assert (result.answer, result.problem) == ("error", "shop.example answered with more than 1 MB")

    @pytest.mark.parametrize("text", [json.dumps(["x"] * 140_000), json.dumps("x" * 70_000)])
    def test_an_answer_that_no_call_could_keep_is_an_error(self, ask, text):
        result = ask(json_answer(text)).result
        assert result.answer == "error"
        assert result.problem.startswith("shop.example answered with more than a call can keep: ")
        assert result.values["status"] == 200

    @pytest.mark.parametrize(("encoding", "words"), [("br", "as nobody asked for"), ("gzip", "cannot be unpacked")])
    def test_a_body_that_nobody_can_unpack(self, ask, encoding, words):
        assert words in ask(answer(b"no gzip", content_encoding=encoding)).result.problem


class TestHowLong:
    def test_silence_is_a_timeout(self, ask):
        trial = ask(SILENCE, timeout=0.1)
        assert trial.result.answer == "timeout"
        assert trial.result.problem == "shop.example did not answer within 0.1 s"
        assert trial.result.values == {"body": None, "status": 0, "headers": {}}
        assert len(trial.asked) == 1

    def test_so_is_an_answer_that_never_ends(self, ask):
        assert ask(answer(b"begun", content_length="100"), timeout=0.1).result.answer == "timeout"

    def test_a_timeout_is_tried_again_only_if_the_flow_says_so(self, ask):
        trial = ask(SILENCE, timeout=0.1, retries=2)
        assert (trial.result.answer, len(trial.asked)) == ("timeout", 3)

    def test_no_try_takes_longer_than_what_is_left_of_the_turn(self, ask):
        assert ask(SILENCE, timeout=8.0, within=0.1).result.problem == "shop.example did not answer within 0.1 s"

    def test_no_try_is_begun_that_could_not_end(self, ask):
        trial = ask(answer(status=503), retries=5, within=1.0)
        assert (trial.result.answer, trial.slept) == ("503", [0.25, 0.5])


class TestTriesAgain:
    @pytest.mark.parametrize("first", [answer(status=502), answer(status=503), answer(status=504), BREAK])
    @pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
    def test_what_may_be_repeated_is_tried_once_more(self, ask, first, method):
        trial = ask(first, answer(), method=method)
        assert (trial.result.answer, len(trial.asked)) == ("200", 2)

    @pytest.mark.parametrize("first", [answer(status=503), BREAK])
    @pytest.mark.parametrize("method", ["POST", "PATCH"])
    def test_what_may_not_be_is_tried_once(self, ask, first, method):
        trial = ask(first, answer(), method=method)
        assert trial.result.answer in ("503", "error")
        assert len(trial.asked) == 1

    def test_unless_the_flow_says_so_and_then_with_one_key(self, ask):
        trial = ask(answer(status=503), BREAK, answer(), method="POST", retries=2, key="k1")
        assert trial.result.answer == "200"
        assert [asked.headers["idempotency-key"] for asked in trial.asked] == ["k1", "k1", "k1"]

    def test_not_at_all_if_the_flow_says_so(self, ask):
        assert len(ask(answer(status=503), answer(), retries=0).asked) == 1

    @pytest.mark.parametrize("status", [400, 404, 429, 500, 501])
    def test_other_answers_are_taken(self, ask, status):
        trial = ask(answer(status=status), answer(), retries=3)
        assert (trial.result.answer, len(trial.asked)) == (str(status), 1)

    def test_the_last_answer_is_what_came_of_it(self, ask):
        trial = ask(answer(status=503), answer("busy", 502))
        assert (trial.result.answer, trial.result.values["body"]) == ("502", "busy")

    @pytest.mark.parametrize(("chance", "waits"), [(1.0, [0.25, 0.5, 1.0]), (0.0, [0.125, 0.25, 0.5])])
    def test_each_wait_is_twice_as_long_and_left_to_chance(self, ask, chance, waits):
        assert ask(answer(status=503), retries=3, chance=chance).slept == waits

    def test_too_many_requests_waits_as_it_is_told(self, ask):
        trial = ask(answer(status=429, retry_after="2"), answer())
        assert (trial.result.answer, trial.slept) == ("200", [2.0])

    def test_also_until_a_time(self, ask):
        given = answer(status=503, retry_after="Thu, 01 Jan 1970 00:01:03 GMT")
        assert ask(given, answer(), wall=60.0).slept == [3.0]

    @pytest.mark.parametrize("after", ["60", "Thu, 01 Jan 2099 00:00:00 GMT", "soon", "-1", "9" * 400, ""])
    def test_a_wait_that_is_too_long_or_not_told_is_none(self, ask, after):
        trial = ask(answer(status=429, retry_after=after), answer())
        assert (trial.result.answer, trial.slept) == ("429", [])

    def test_a_server_that_is_not_there_is_tried_again(self):
        async def play():
            async with Shop([answer()]) as shop:
                url = shop.url()
            slept = []

            async def sleep(seconds):
                slept.append(seconds)

            asker = client(sleep=sleep)
            result = await asker.perform(HttpCall("GET", url, timeout=2))
            await asker.close()
            return result, slept

        result, slept = asyncio.run(play())
        assert (result.answer, result.problem) == ("error", "shop.example cannot be reached")
        assert len(slept) == 1


class TestOneClient:
    def test_connections_are_used_again(self):
        async def play():
            async with Shop([answer("x")]) as shop:
                asker = client()
                for _ in range(5):
                    await asker.perform(HttpCall("GET", shop.url()))
                await asker.close()
                return shop.connections

        assert asyncio.run(play()) == 1

    def test_many_requests_at_once(self):
        async def play():
            async with Shop([lambda asked: answer(asked.target)]) as shop:
                asker = client()
                calls = [asker.perform(HttpCall("GET", shop.url(f"/{number}"))) for number in range(50)]
                results = await asyncio.gather(*calls)
                await asker.close()
                return [result.values["body"] for result in results]

        assert asyncio.run(play()) == [f"/{number}" for number in range(50)]

    def test_no_cookie_of_one_caller_goes_out_with_another(self, ask):
        async def play():
            async with Shop([answer(set_cookie="session=1")]) as shop:
                asker = client()
                for _ in range(2):
                    await asker.perform(HttpCall("GET", shop.url()))
                await asker.close()
                return shop.asked[1].headers

        assert "cookie" not in asyncio.run(play())

    def test_it_lives_as_long_as_its_loop_and_begins_anew_in_the_next(self):
        asker = client()

        async def play():
            async with Shop([answer("x", connection="close")]) as shop:
                return (await asker.perform(HttpCall("GET", shop.url()))).answer

        assert [asyncio.run(play()), asyncio.run(play())] == ["200", "200"]

    def test_whoever_stops_waiting_leaves_no_connection_behind(self):
        async def play():
            async with Shop([SILENCE]) as shop:
                asker = client()
                task = asyncio.ensure_future(asker.perform(HttpCall("GET", shop.url())))
                while not shop.asked:
                    await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                result = await asker.perform(HttpCall("GET", shop.url(), timeout=0.1))
                await asker.close()
                return result.answer, shop.connections

        assert asyncio.run(play()) == ("timeout", 2)


@pytest.mark.parametrize(
    ("given", "call"),
    [
        (SILENCE, {"timeout": 0.1}),
        (BREAK, {"retries": 0}),
        (answer(status=500), {}),
        (answer(b"x", content_encoding="br"), {}),
        (answer(status=302, location="ftp://SECRET/"), {}),
        (answer(status=302, location="http://user:SECRET@10.0.0.1/SECRET"), {}),
    ],
)
def test_no_problem_and_no_log_tells_a_secret(ask, given, call, caplog):
    caplog.set_level(logging.DEBUG)
    headers = (("Authorization", "Bearer SECRET"), ("X-Api-Key", "SECRET"))
    trial = ask(given, path="/SECRET?token=SECRET", headers=headers, params=(("key", "SECRET"),), **call)
    assert trial.result.problem
    assert "SECRET" not in trial.result.problem
    assert "SECRET" not in caplog.text

"""Programs place calls, move and end them, and see what happened in them."""

import pytest
import requests

from tests.api.conftest import SCOPED, twilio_error


def test_a_call_is_placed_that_runs_a_flow(tell):
    async def story(client):
        wanted = {"to": "+15550101", "variables": {"account": "A 1", "tries": 5}, "timeout": 20, "record": True}
        placed = await client.post("/api/flows/clinic/calls", wanted)
        sid = placed.json["sid"]
        assert placed.status == 201
        assert placed.json == {"sid": sid, "status": "queued", "flow": "clinic", "to": "+15550101", "from": "+15550100"}
        assert placed.headers["location"] == f"https://example.com/api/calls/{sid}"
        assert client.account.placed == [
            {
                "to": "+15550101",
                "from_": "+15550100",
                "url": "https://example.com/flows/clinic?account=A+1&tries=5",
                "method": "POST",
                "timeout": 20,
                "record": True,
            }
        ]

    tell(story)


def test_who_answers_and_how_it_ends_is_told_to_steps(tell):
    async def story(client):
        wanted = {
            "to": "client:ann",
            "from": "+15550109",
            "variables": {"account": True},
            "machine_detection": "Enable",
            "answered_by": "clinic/told",
            "status_callback": "clinic/told",
            "send_digits": "ww12#",
            "time_limit": 600,
        }
        assert (await client.post("/api/flows/clinic/calls", wanted)).status == 201
        (placed,) = client.account.placed
        assert placed["url"] == "https://example.com/flows/clinic?account=true"
        told = "https://example.com/flows/clinic/told?account=true"  # a call that is not answered has not run the flow
        assert placed["status_callback"] == placed["async_amd_status_callback"] == told
        assert placed["machine_detection"] == "Enable"
        assert placed["send_digits"] == "ww12#"
        assert placed["time_limit"] == 600

    tell(story)


@pytest.mark.parametrize(
    ("body", "pointer", "detail", "fix"),
    [
        ({}, "/to", "`to` is missing", "give `to`"),
        ({"to": "+1", "form": "x"}, "/form", "`form` is unknown", "did you mean `from`?"),
        ({"to": 5}, "/to", "`to` must be a text, not a whole number", ""),
        ({"to": ""}, "/to", "`to` must be a text that is not empty", ""),
        ({"to": "5550101"}, "/to", "cannot call `5550101`", "write it as"),
        ({"to": "+15550101", "timeout": 0}, "/timeout", "`timeout` must be a whole number, at least 1", ""),
        ({"to": "+15550101", "machine_detection": "enabled"}, "/machine_detection", "cannot be", "did you mean `Enable`?"),
        ({"to": "+15550101", "variables": {"acount": "1"}}, "/variables/acount", "takes no variable", "`account`?"),
        ({"to": "+15550101", "variables": {"tries": 1}}, "/variables/account", "must be given `account`", "give"),
        ({"to": "+15550101", "variables": {"account": []}}, "/variables/account", "not a list", ""),
        ({"to": "+15550101", "variables": {"a/b~": 1}}, "/variables/a~1b~0", "takes no variable", "it takes account"),
        ({"to": "+15550101", "variables": {"account": 1}, "status_callback": "clinic/welcome"}, "/status_callback", "says or asks", "a step for reports"),
        ({"to": "+15550101", "variables": {"account": 1}, "status_callback": "clinc/told"}, "/status_callback", "no flow named `clinc`", "`clinic`?"),
        ({"to": "+15550101", "variables": {"account": 1}, "status_callback": "https://10.0.0.1/x"}, "/status_callback", "another form", "FLOW"),
        ({"to": "+15550101", "variables": {"account": 1}, "send_digits": "1x"}, "/send_digits", "another form", "Keys"),
        ({"to": "+15550101", "variables": {"account": 1}, "answered_by": "clinic/told"}, "", "nothing detects who answered", ""),
    ],
)  # fmt: skip
def test_a_wrong_body_is_told_at_its_place(tell, body, pointer, detail, fix):
    async def story(client):
        refused = await client.post("/api/flows/clinic/calls", body)
        problem = refused.json
        assert refused.status == 422
        assert problem["type"] == "urn:touchtone:problem:invalid-body"
        assert problem["instance"] == "/api/flows/clinic/calls"
        assert [one["pointer"] for one in problem["errors"]] == [pointer]
        assert detail in problem["detail"]
        assert fix.lower() in problem.get("fix", "").lower()
        assert client.account.placed == []

    tell(story)


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'"x"', b"[" * 10_000])
def test_a_body_that_is_no_json_object_is_told(tell, body):
    async def story(client):
        refused = await client.post("/api/flows/clinic/calls", body)
        assert (refused.status, refused.json["type"]) == (400, "urn:touchtone:problem:invalid-json")

    tell(story)


@pytest.mark.parametrize("number", ["1e999", "9" * 5000, "-1e999"])
@pytest.mark.parametrize("body", ['{"to": "+15550101", "timeout": %s}', '{"to": "+1", "variables": {"tries": %s}}'])
def test_a_number_that_nobody_can_hold_is_told(tell, body, number):
    async def story(client):
        wrong = await client.post("/api/flows/clinic/calls", (body % number).encode())
        assert (wrong.status, wrong.json["type"]) == (400, "urn:touchtone:problem:invalid-json")
        assert wrong.json["detail"] == "a number in the body is too large"

    tell(story)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"to": "+15550101", "media_url": [], "x - at `$.media_url[5]": 1}, "/x - at `$.media_url[5]"),
        ({"to": "+15550101", "text": "Hi", "x` - at `$[9]`": 1}, "/x` - at `$[9]`"),
        ({"to": "+15550101", "machine_detection": "x - at `$.variables[5]`"}, "/machine_detection"),
        ({"to": "+15550101", "machine_detection": "x' - at `$.variables[...]"}, "/machine_detection"),
    ],
)
def test_words_of_a_body_are_not_taken_for_a_place_in_it(tell, body, pointer):
    async def story(client):
        kind = "chat/messages" if "machine_detection" not in body else "orders/calls"
        wrong = await client.post(f"/api/flows/{kind}", body)
        assert wrong.status == 422, wrong.text
        assert wrong.json["errors"][0]["pointer"] == pointer

    tell(story)


RESERVED = ("CallSid", "MessageSid", "From", "To", "Body", "CallStatus", "Direction", "Digits", "ErrorUrl", "MediaUrl0")


@pytest.mark.parametrize("name", [*RESERVED, "_c", "_v", "_t", "_f", "Body[0]"])
def test_what_tells_whose_a_request_is_is_no_variable(tell, name):
    async def story(client):
        given = {"to": "+15550101", "variables": {name: "CA" + "f" * 32}}
        for path in ("/api/flows/orders/calls", "/api/flows/chat/messages"):
            wrong = await client.post(path, given)
            assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, f"/variables/{name}")
        assert (client.account.placed, client.account.texts) == ([], [])

    tell(story)


def test_a_call_that_goes_on_where_it_was_stays_in_its_own_session(tell):
    async def story(client):
        sid = client.account.call()
        await client.twilio("/flows/orders", CallSid=sid, CallStatus="in-progress")
        await trail_of(client, sid, "menu")
        for name in ("_c", "_v", "CallSid", "unknown"):
            body = {"to": "orders", "variables": {name: "CA" + "f" * 32}}
            wrong = await client.post(f"/api/calls/{sid}/redirect", body, key=SCOPED)
            assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, f"/variables/{name}")
        assert client.account.updates == []

    tell(story)


def test_more_than_an_address_holds_is_not_given_to_twilio(tell):
    async def story(client):
        given = {"account": "x" * 4000}
        placed = await client.post("/api/flows/clinic/calls", {"to": "+15550101", "variables": given})
        moved = await client.post(f"/api/calls/{client.account.call()}/redirect", {"to": "clinic", "variables": given})
        for wrong in (placed, moved):
            assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, "/variables"), wrong.text
            assert wrong.json["fix"] == "give it less"
        assert (client.account.placed, client.account.updates) == ([], [])

    tell(story)


def test_an_unknown_flow_is_told_with_the_nearest(tell):
    async def story(client):
        unknown = await client.post("/api/flows/clnic/calls", {"to": "+15550101"})
        assert (unknown.status, unknown.json["fix"]) == (404, "did you mean `clinic`?")
        chat = await client.post("/api/flows/chat/calls", {"to": "+15550101"})
        assert (chat.status, chat.json["detail"]) == (422, "`chat` answers messages, not calls")

    tell(story)


def test_what_twilio_refuses_is_told_with_its_code(tell):
    async def story(client):
        client.account.fails = [twilio_error(21219, 400, "Unable to create record: 'To' phone number not verified")]
        refused = await client.post("/api/flows/orders/calls", {"to": "+15550101"})
        assert refused.status == 422
        assert refused.json["code"] == 21219
        assert refused.json["detail"] == "Twilio error 21219: 'To' phone number not verified"
        assert "verified numbers only" in refused.json["fix"]

    tell(story)


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (twilio_error(20003, 401, "Authenticate"), 502, "account-error"),
        (twilio_error(20500, 500, "Internal"), 504, "outcome-unknown"),
        (requests.ConnectTimeout("https://user:secret@host"), 503, "account-unreachable"),
        (requests.ReadTimeout("https://user:secret@host"), 504, "outcome-unknown"),
        (ValueError("no JSON"), 504, "outcome-unknown"),
    ],
)
def test_what_goes_wrong_at_twilio_is_no_fault_of_the_program(tell, error, status, kind):
    async def story(client):
        client.account.fails = [error]
        refused = await client.post("/api/flows/orders/calls", {"to": "+15550101"})
        assert (refused.status, refused.json["type"]) == (status, f"urn:touchtone:problem:{kind}")
        assert "secret" not in refused.text

    tell(story)


def test_without_an_account_nothing_is_placed(tell):
    async def story(client):
        client.account._credentials = type(client.account._credentials)("")
        refused = await client.post("/api/flows/orders/calls", {"to": "+15550101"})
        assert (refused.status, refused.json["type"]) == (503, "urn:touchtone:problem:not-set-up")
        assert "TWILIO_ACCOUNT_SID" in refused.json["fix"]

    tell(story)


def test_a_number_to_call_from_is_needed(tell):
    async def story(client):
        refused = await client.post("/api/flows/orders/calls", {"to": "+15550101"})
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/from")

    tell(story, from_="")


@pytest.mark.parametrize(
    ("public", "host", "detail"),
    [
        ("", "evil.example", "does not know where the flows are"),
        ("", "127.0.0.1:8000", "does not know where the flows are"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", "cannot reach http://127.0.0.1:8000"),
        ("http://10.0.0.7", "example.com", "cannot reach http://10.0.0.7"),
    ],
)
def test_twilio_is_given_the_public_address_alone(tell, public, host, detail):
    async def story(client):
        sid = client.account.call()
        for path, body in (
            ("/api/flows/orders/calls", {"to": "+15550101"}),
            (f"/api/calls/{sid}/redirect", {"to": "orders"}),
            ("/api/flows/chat/messages", {"to": "+15550101"}),
        ):
            refused = await client.post(path, body, headers={"host": host})
            assert (refused.status, refused.json["type"]) == (503, "urn:touchtone:problem:not-set-up")
            assert detail in refused.json["detail"]
            assert "TOUCHTONE_PUBLIC_URL" in refused.json["fix"]
        assert (client.account.placed, client.account.updates, client.account.texts) == ([], [], [])

    tell(story, public_url=public)


def test_a_stand_in_reaches_what_is_on_this_machine(tell):
    async def story(client):
        placed = await client.post("/api/flows/orders/calls", {"to": "+15550101"}, headers={"host": "127.0.0.1:8000"})
        assert placed.status == 201
        foreign = await client.post("/api/flows/orders/calls", {"to": "+15550101"}, headers={"host": "evil.example"})
        assert foreign.status == 503

    tell(story, public_url="", twilio_api="http://127.0.0.1:8010")


def test_a_live_call_goes_on_elsewhere(tell):
    async def story(client):
        sid = client.account.call()
        wanted = {"to": "clinic/billing", "variables": {"account": 7}}
        moved = await client.post(f"/api/calls/{sid}/redirect", wanted)
        assert (moved.status, moved.json) == (
            200,
            {"sid": sid, "status": "in-progress", "flow": "clinic", "step": "billing"},
        )
        begun = await client.post(f"/api/calls/{sid}/redirect", {"to": "clinic/", "variables": {"account": 7}})
        assert begun.json["step"] == "welcome"
        assert [changes for _, changes in client.account.updates] == [
            {"url": "https://example.com/flows/clinic/billing?account=7", "method": "POST"},
            {"url": "https://example.com/flows/clinic?account=7", "method": "POST"},
        ]

    tell(story)


def test_a_call_keeps_its_variables_when_it_goes_on_in_a_flow_that_it_has_been_in(tell):
    async def story(client):
        sid = client.account.call()
        path = f"/api/calls/{sid}/redirect"
        missing = await client.post(path, {"to": "clinic/billing"})
        assert [one["pointer"] for one in missing.json["errors"]] == ["/variables/account"]
        await client.twilio("/flows/clinic?account=A1", CallSid=sid, CallStatus="in-progress")
        assert (await client.post(path, {"to": "clinic/billing"})).status == 200
        other = await client.post(path, {"to": "clinic", "variables": {"account": "B2"}})
        assert (other.status, other.json["errors"][0]["pointer"]) == (422, "/variables")
        assert "keeps its variables" in other.json["detail"]

    tell(story)


@pytest.mark.parametrize(
    "to", ["https://evil.example/x", "//evil.example", "/flows/clinic", "../clinic", "clinic/nowhere", "clinic/a/b", "chat", "nowhere", "a b", "clinic?x"]
)  # fmt: skip
def test_a_call_goes_nowhere_but_to_a_flow_here(tell, to):
    async def story(client):
        sid = client.account.call()
        refused = await client.post(f"/api/calls/{sid}/redirect", {"to": to})
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/to")
        assert client.account.updates == []

    tell(story)


def test_a_call_is_ended(tell):
    async def story(client):
        sid = client.account.call("ringing")
        ended = await client.post(f"/api/calls/{sid}/hangup")
        assert (ended.status, ended.json) == (200, {"sid": sid, "status": "completed"})
        assert client.account.updates == [(sid, {"status": "completed"})]
        for what, body in (("hangup", None), ("redirect", {"to": "orders"})):
            late = await client.post(f"/api/calls/{sid}/{what}", body)
            assert (late.status, late.json["code"]) == (409, 21220)
            assert late.json["type"] == "urn:touchtone:problem:call-ended"

    tell(story)


def test_how_a_call_stands_and_what_happened_is_told(tell):
    async def story(client):
        placed = await client.post("/api/flows/clinic/calls", {"to": "+15550101", "variables": {"account": "A1"}})
        sid = placed.json["sid"]
        before = (await client.get(f"/api/calls/{sid}")).json
        assert (before["flow"], before["step"], before["trail"], before["variables"]) == ("clinic", "", [], {})
        client.account.calls[sid].status = "in-progress"
        await client.twilio("/flows/clinic?account=A1", CallSid=sid, CallStatus="in-progress")
        call = (await trail_of(client, sid, "welcome")).json
        assert call["status"] == "in-progress"
        assert call["variables"] == {"account": "A1", "tries": 3, "visits": 1}
        happened = [(event["event"], event.get("on_silence", False)) for event in call["trail"]]
        first = ["status", "entered", "set", "set", "set", "set"]
        assert happened == [*[(one, False) for one in first], ("took", True), ("entered", True)]
        client.clock.pass_(seconds=2)
        await client.twilio("/flows/clinic/billing", CallSid=sid, CallStatus="in-progress")
        call = (await trail_of(client, sid, "billing")).json
        assert call["trail"][-2:] == [
            {"event": "entered", "at": "2026-11-30T12:00:02.000+00:00", "flow": "clinic", "step": "billing"},
            {"event": "logged", "at": "2026-11-30T12:00:02.000+00:00", "text": "came to billing"},
        ]
        client.account.calls[sid].status, client.account.calls[sid].duration = "completed", "31"
        assert (await client.get(f"/api/calls/{sid}")).json["seconds"] == 31

    tell(story)


async def trail_of(client, sid, step):
    """The call, once what was played a moment ago was told to the listener."""
    import asyncio

    for _ in range(200):
        found = await client.get(f"/api/calls/{sid}")
        if found.json["step"] == step:
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(f"the call never came to {step}: {found.text}")


def test_a_call_of_the_account_that_was_never_here_has_a_status_alone(tell):
    async def story(client):
        sid = client.account.call("ringing")
        call = (await client.get(f"/api/calls/{sid}")).json
        assert call == {
            "sid": sid,
            "status": "ringing",
            "answered_by": "",
            "seconds": None,
            "flow": "",
            "step": "",
            "variables": {},
            "trail": [],
            "left_out": 0,
        }

    tell(story)


def test_secrets_of_the_settings_are_hidden(tell):
    flows = {
        "a.yaml": 'vars: {v: "{{ env.SHOP_LOGIN }}"}\nsteps: {a: [{log: "{{ v }}"}, {gather: {say: Hi., branch: {1: a}}}]}'
    }

    async def story(client):
        sid = client.account.call()
        await client.twilio("/flows/a", CallSid=sid, CallStatus="in-progress")
        assert "hunter22" not in (await trail_of(client, sid, "a")).text

    tell(story, flows=flows, env={"SHOP_LOGIN": "hunter22"})


def test_a_key_for_some_flows_sees_no_others(tell):
    async def story(client):
        client.key = SCOPED
        assert (await client.post("/api/flows/orders/calls", {"to": "+15550101"})).status == 201
        other = await client.post("/api/flows/clinic/calls", {"to": "+15550101"})
        missing = await client.post("/api/flows/nothing/calls", {"to": "+15550101"})
        assert (other.status, missing.status) == (404, 404)
        assert other.json["fix"] == missing.json["fix"] == "there are: orders"
        callback = {"to": "+15550101", "status_callback": "clinic/told"}
        assert (await client.post("/api/flows/orders/calls", callback)).status == 422

    tell(story)


def test_a_key_for_some_flows_touches_only_calls_in_them(tell):
    async def story(client):
        own = (await client.post("/api/flows/orders/calls", {"to": "+15550101"}, key=SCOPED)).json["sid"]
        foreign = client.account.call()
        await client.twilio("/flows/clinic/billing", CallSid=foreign, CallStatus="in-progress")
        await trail_of(client, foreign, "billing")
        nobody = "CA" + "f" * 32
        client.key = SCOPED
        assert (await client.get(f"/api/calls/{own}")).status == 200
        answers = [
            await client.ask(method, f"/api/calls/{sid}{what}", body)
            for sid in (foreign, nobody)
            for method, what, body in (
                ("GET", "", None),
                ("POST", "/hangup", None),
                ("POST", "/redirect", {"to": "orders"}),
            )
        ]
        assert {answer.status for answer in answers} == {404}
        assert {answer.json["detail"].replace(foreign, nobody) for answer in answers} == {
            f"there is no call {nobody} here"
        }
        assert client.account.updates == []
        leaving = await client.post(f"/api/calls/{own}/redirect", {"to": "clinic/billing"})
        assert leaving.status == 422

    tell(story)


@pytest.mark.parametrize("sid", ["CA1", "x", "CA" + "g" * 32, "SM" + "0" * 32, "CA" + "0" * 32 + "%0a"])
def test_what_is_no_sid_is_an_unknown_call(tell, sid):
    async def story(client):
        answer = await client.get(f"/api/calls/{sid}")
        assert (answer.status, answer.json["type"]) == (404, "urn:touchtone:problem:unknown-call")

    tell(story)


def test_a_call_begins_at_a_step(tell):
    async def story(client):
        wanted = {"to": "+15550101", "step": "billing", "variables": {"account": 1}}
        assert (await client.post("/api/flows/clinic/calls", wanted)).status == 201
        assert client.account.placed[0]["url"] == "https://example.com/flows/clinic/billing?account=1"
        refused = await client.post("/api/flows/clinic/calls", {**wanted, "step": "biling"})
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/step")
        assert refused.json["fix"] == "did you mean `billing`?"

    tell(story)

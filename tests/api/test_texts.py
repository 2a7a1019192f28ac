"""Programs send messages, and begin conversations that the flow carries on."""

import pytest

from tests.api.conftest import SCOPED, twilio_error

FLOWS = {
    "reminder.yaml": """
channel: messaging
takes: {name: required}
steps:
  remind:
    - gather:
        message: "Hello {{ name }}, do you come?"
        branch: {"yes": coming, else: remind}
  coming: [{message: "See you, {{ name }}."}]
  told: [log: "{{ params.MessageStatus }}"]
""",
    "long.yaml": "channel: messaging\nsteps: {a: [{message: One.}, {message: Two.}, {gather: {message: Three?, branch: {else: a}}}]}",
    "silent.yaml": "channel: messaging\nsteps: {a: [{log: nothing}]}",
    "clinic.yaml": "steps: {a: [{say: Hi.}]}",
}
ANN = {"to": "+15550101", "variables": {"name": "Ann"}}


def test_a_text_is_sent_as_it_is(tell):
    async def story(client):
        wanted = {"to": "+15550101", "text": "Your table is ready.", "status_callback": "reminder/told"}
        sent = await client.post("/api/flows/reminder/messages", wanted)
        assert sent.status == 201
        assert sent.json == {
            "flow": "reminder",
            "to": "+15550101",
            "from": "+15550100",
            "messages": [{"sid": f"SM{1:032x}", "status": "queued"}],
        }
        assert client.account.texts == [
            {
                "to": "+15550101",
                "from_": "+15550100",
                "body": "Your table is ready.",
                "status_callback": "https://example.com/flows/reminder/told",
            }
        ]

    tell(story, flows=FLOWS)


def test_pictures_services_and_templates_are_sent(tell):
    service, template = "MG" + "0" * 32, "HX" + "0" * 32

    async def story(client):
        picture = {"to": "whatsapp:+15550101", "from": "whatsapp:+15550109", "media_url": ["https://example.com/a.png"]}
        filled = {
            "to": "+15550101",
            "content_sid": template,
            "content_variables": {"1": 5},
            "messaging_service_sid": service,
        }
        assert (await client.post("/api/flows/reminder/messages", picture)).status == 201
        assert (await client.post("/api/flows/reminder/messages", filled)).json["from"] == service
        assert client.account.texts == [
            {"to": "whatsapp:+15550101", "from_": "whatsapp:+15550109", "media_url": ["https://example.com/a.png"]},
            {
                "to": "+15550101",
                "messaging_service_sid": service,
                "content_sid": template,
                "content_variables": '{"1":"5"}',
            },
        ]

    tell(story, flows=FLOWS)


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        ({"to": "5550101", "text": "x"}, "/to", "cannot text"),
        ({"to": "+15550101", "text": ""}, "/text", "not empty"),
        ({"to": "+15550101", "text": "x" * 1601}, "/text", "at most 1600"),
        ({"to": "+15550101", "media_url": ["ftp://x"]}, "/media_url/0", "another form"),
        ({"to": "+15550101", "media_url": ["http://10.0.0.1/a.png"]}, "/media_url/0", "cannot reach"),
        ({"to": "+15550101", "content_variables": {"1": "a"}}, "", "nothing to send"),
        ({"to": "+15550101", "text": "x", "variables": {"name": "Ann"}}, "/variables", "own words"),
        ({"to": "+15550101", "variables": {}}, "/variables/name", "must be given `name`"),
    ],
)
def test_a_wrong_message_is_told_at_its_place(tell, body, pointer, detail):
    async def story(client):
        refused = await client.post("/api/flows/reminder/messages", body)
        assert (refused.status, [one["pointer"] for one in refused.json["errors"]]) == (422, [pointer])
        assert detail in refused.json["detail"]
        assert client.account.texts == []

    tell(story, flows=FLOWS)


def test_a_conversation_begins_with_what_the_flow_says(tell):
    async def story(client):
        begun = await client.post("/api/flows/reminder/messages", ANN)
        assert begun.status == 201
        assert [text["body"] for text in client.account.texts] == ["Hello Ann, do you come?"]
        answer = {"From": "+15550101", "To": "+15550100", "Body": "Yes", "MessageSid": "SM" + "a" * 32}
        assert "See you, Ann." in await client.twilio("/flows/reminder", **answer)

    tell(story, flows=FLOWS)


def test_all_that_the_flow_says_at_first_is_sent(tell):
    async def story(client):
        begun = await client.post("/api/flows/long/messages", {"to": "+15550101"})
        assert [text["body"] for text in client.account.texts] == ["One.", "Two.", "Three?"]
        assert len(begun.json["messages"]) == 3

    tell(story, flows=FLOWS)


def test_what_twilio_refuses_begins_no_conversation(tell):
    async def story(client):
        client.account.fails = [twilio_error(21610, 400, "Attempt to send to unsubscribed recipient")]
        refused = await client.post("/api/flows/reminder/messages", ANN)
        assert (refused.status, refused.json["code"]) == (422, 21610)
        assert "STOP" in refused.json["fix"]

    tell(story, flows=FLOWS)


def test_a_flow_that_says_nothing_begins_none(tell):
    async def story(client):
        refused = await client.post("/api/flows/silent/messages", {"to": "+15550101"})
        assert (refused.status, refused.json["type"]) == (422, "urn:touchtone:problem:not-begun")

    tell(story, flows=FLOWS)


def test_a_conversation_begins_once_for_an_idempotency_key(tell):
    async def story(client):
        once = {"idempotency-key": "k1"}
        first, again = [await client.post("/api/flows/long/messages", {"to": "+15550101"}, headers=once) for _ in "ab"]
        assert first.text == again.text
        assert len(client.account.texts) == 3

    tell(story, flows=FLOWS)


def test_of_several_messages_none_is_sent_twice_when_one_fails(tell):
    async def story(client):
        once, create = {"idempotency-key": "k1"}, client.account._client.messages.create

        def second_fails(**wanted):
            if len(client.account.texts) == 1:
                raise twilio_error(20429, 429, "Too Many Requests")
            return create(**wanted)

        client.account._client.messages.create = second_fails
        first, again = [await client.post("/api/flows/long/messages", {"to": "+15550101"}, headers=once) for _ in "ab"]
        assert first.status == again.status == 429
        assert len(client.account.texts) == 1

    tell(story, flows=FLOWS)


def test_flows_for_calls_send_no_messages_and_keys_only_for_theirs(tell):
    async def story(client):
        calls = await client.post("/api/flows/clinic/messages", {"to": "+15550101", "text": "x"})
        assert (calls.status, calls.json["detail"]) == (422, "`clinic` answers calls, not messages")
        assert (await client.post("/api/flows/reminder/messages", ANN, key=SCOPED)).status == 404

    tell(story, flows=FLOWS)


def test_a_conversation_begins_at_a_step(tell):
    async def story(client):
        begun = await client.post("/api/flows/reminder/messages", {**ANN, "step": "coming"})
        assert begun.status == 201
        assert client.account.texts[0]["body"] == "See you, Ann."
        refused = await client.post("/api/flows/reminder/messages", {**ANN, "step": "comming"})
        assert (refused.status, refused.json["fix"]) == (422, "did you mean `coming`?")
        worded = await client.post("/api/flows/reminder/messages", {"to": "+15550101", "text": "Hi", "step": "coming"})
        assert (worded.status, worded.json["errors"][0]["pointer"]) == (422, "/step")

    tell(story, flows=FLOWS)

"""Transcripts: a call as a person reads it."""

from engine.phone import transcript

CALL = """\
  "Welcome to the clinic. For appointments, press one; for everything else,
  press two."
  asks for keys (1 key, 5 s)
> press 9
! `9` is lost: no gather waited for it yet
> press 1
  "One moment."
  dials +15553333333
> pick up
      +15553333333 picks up
      "Press 1 to accept"
      asks for keys (1 key, 5 s)
    > press 1
  connected with +15553333333
> dial completed
  beep: records (up to 60 s, or #)
> hang up
  you hung up"""

PAGES = {
    "/": "<Say>Welcome to the clinic. For appointments, press one; for everything else, press two.</Say>"
    "<Gather numDigits='1' action='/dial'/>",
    "/dial": "<Say>One moment.</Say><Dial action='/record'><Number url='/screen'>+15553333333</Number></Dial>",
    "/screen": "<Gather numDigits='1' action='/accept'><Say>Press 1 to accept</Say></Gather><Hangup/>",
    "/record": "<Record maxLength='60' finishOnKey='#'/>",
}


def test_a_call_reads_like_a_script(site):
    call = site(PAGES).ring().press("9", during="Welcome").press("1").pick_up()
    call.callee.press("1")
    call.dial("completed").hang_up()
    assert transcript(call.moments) == CALL


def test_no_line_is_longer_than_the_terminal(site):
    call = site(PAGES).ring().press("1")
    assert max(map(len, transcript(call.moments, requests=True, width=60).splitlines())) <= 60


def test_requests_are_shown_on_demand(site):
    call = site(PAGES).ring()
    assert transcript(call.moments, requests=True).startswith("  POST https://example.com/ -> 200\n")


def test_warnings_and_endings_are_named(site):
    call = site("<Say>Hi</Say><Oops/>").ring()
    assert transcript(call.moments) == (
        '! Twilio warning 12200: `Oops` cannot stand in `Response`\n  "Hi"\n  the flow ran out, and Twilio hung up'
    )


def test_what_is_news_is_what_happened_since_the_last_act(site):
    call = site(PAGES).ring().press("1")
    assert transcript(call.news) == '> press 1\n  "One moment."\n  dials +15553333333'


def test_each_event_has_a_line(site):
    verbs = (
        "<Say loop='2'>Hi</Say><Play>https://x.example/a.mp3</Play><Play digits='1w2'/><Pause length='2'/>"
        "<Start><Stream name='s' url='wss://x.example/s'/></Start><Stop><Stream name='s'/></Stop><Sms>Text</Sms>"
        "<Enqueue>q</Enqueue><Dial><Conference>c</Conference></Dial><Pay chargeAmount='5' action='/p'/>"
    )
    pages = {"/": verbs, "/p": "<Refer action='/r'><Sip>sip:a@b.example</Sip></Refer>"}
    pages["/r"] = "<Connect><Stream url='wss://x.example/s'/></Connect>"
    call = site(pages).ring(from_="sip:x@y.example").queue().conference().pay().refer().connect()
    assert [line for line in transcript(call.moments).splitlines() if line.startswith("  ")] == [
        '  "Hi" (2 times)',
        "  [sound https://x.example/a.mp3]",
        "  [tones 1w2]",
        "  [2 s of silence]",
        "  Stream s starts",
        "  Stream s stops",
        '  "Text"',
        "  waits in the queue q",
        "  in the conference c",
        "  pays 5 USD (credit-card)",
        "  handed over to sip:a@b.example",
        "  connected to Stream wss://x.example/s",
        "  the flow ran out, and Twilio hung up",
    ]

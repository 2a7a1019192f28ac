"""Whatever a server answers and whoever calls, the telephone plays on, and knows when the call is over."""

from urllib.parse import urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.phone import NotNow, Phone, Response, transcript
from engine.phone.events import HungUp

PATHS = ["/", "/a", "/b", "", "http://bad_host/", "ftp://x.example/"]
ADDRESS = st.sampled_from(PATHS)
PLAIN = st.sampled_from(
    [
        "<Say>Hi</Say>",
        "<Say/>",
        "<Pause/>",
        "<Hangup/>",
        "<Reject/>",
        "<Leave/>",
        "<Echo/>",
        "<Oops/>",
        "<Dial/>",
        "<Connect/>",
        "<Gather numDigits='2'><Say>Hi</Say></Gather>",
        "<Gather input='dtmf speech' actionOnEmptyResult='true'/>",
        "<Dial>+1</Dial>",
        "<Dial><Queue>q</Queue></Dial>",
    ]
)
LEADING = st.sampled_from(
    [
        "<Redirect>{}</Redirect>",
        "<Play>{}</Play>",
        "<Gather action='{}'><Say>Hi</Say></Gather>",
        "<Record action='{}' recordingStatusCallback='/r' transcribe='true' transcribeCallback='/t'/>",
        "<Dial action='{0}' sequential='true' record='true'><Number url='{0}' statusCallback='/s'>+1</Number><Sip>sip:x</Sip></Dial>",
        "<Dial action='{0}'><Conference waitUrl='{0}'>c</Conference></Dial>",
        "<Enqueue action='{0}' waitUrl='{0}'>q</Enqueue>",
        "<Pay action='{}'/>",
        "<Refer action='{}'><Sip>sip:x</Sip></Refer>",
        "<Connect action='{}'><Stream url='wss://x.example/s'/></Connect>",
    ]
)
VERBS = st.one_of(PLAIN, st.builds(lambda verb, path: verb.format(path), LEADING, ADDRESS))
PAGES = st.fixed_dictionaries({path: st.lists(VERBS, max_size=4).map("".join) for path in ("/", "/a", "/b")})
OUTCOMES = ["busy", "completed", "completed 1", "12 #", "silence", "hangup", "bridged", "success"]
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("press"), st.sampled_from(["1", "12#", "#", "*"])),
        st.tuples(st.just("say"), st.just("hello")),
        st.tuples(st.just("settle"), st.sampled_from(OUTCOMES)),
        st.tuples(st.sampled_from(["silence", "hang_up", "pick_up", "queue"])),
        st.tuples(st.just("callee.press"), st.just("1")),
        st.tuples(st.sampled_from(["callee.silence", "callee.hang_up"])),
    ),
    max_size=12,
)


@given(pages=PAGES, acts=ACTS, broken=st.integers(0, 12))
@settings(max_examples=80, deadline=None)
def test_a_call_ends_once_and_its_clock_never_runs_back(pages, acts, broken):
    served = 0

    def server(request):
        nonlocal served
        served += 1
        if served == broken:
            return Response(500)
        body = f"<Response>{pages.get(urlsplit(request.url).path, '')}</Response>".encode()
        return Response(200, (("Content-Type", "text/xml"),), body)

    call = Phone(server).ring("https://example.com/")
    for act, *words in acts:
        who = call.callee if act.startswith("callee.") else call
        try:
            getattr(who, act.removeprefix("callee."))(*words)
        except NotNow:
            continue
    ends = [moment for moment in call.moments if isinstance(moment.event, HungUp) and moment.side == "caller"]
    assert len(ends) == call.over
    assert bool(call.ended_by) == call.over
    assert (call.status in ("ringing", "in-progress")) != call.over
    times = [moment.at for moment in call.moments]
    assert times == sorted(times)
    assert transcript(call.moments, requests=True)

"""What is written of a call is read again as what it was: every key that writers write."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.diagnostics import Report, Source, render_text
from engine.grammar.fields.duration import seconds_of, shown
from engine.phone.events import Did, Event, Heard, Logged, Reached, Texted
from engine.phone.scripts import read_script
from engine.phone.scripts.later import LONGEST
from engine.phone.scripts.script import Asks, Hear, Later, Logs, Turn, Write
from engine.phone.scripts.stubs import Answer, Ask
from engine.phone.scripts.write import new_script, written_call
from engine.phone.scripts.write_stubs import given_lines, stubs_of
from engine.phone.tape import Moment

TEXTS = st.text(max_size=30).filter(lambda text: text.strip() and text.isprintable()) | st.sampled_from(
    ["/a/", "/", "//", "/\\d+/", "- x", "a: b", "#1", "true", "{x}", "exactly", "'", '"', "not", "1d", " padded ", "*", "&a", "\u00e9"]
)  # fmt: skip
EVENTS = (
    st.builds(Heard, TEXTS)
    | st.builds(Logged, TEXTS)
    | TEXTS.map(lambda text: Did("text", text))
    | st.integers(1, LONGEST).map(lambda seconds: Did("later", shown(seconds)))
    | TEXTS.map(lambda text: Texted(text, (), "+1", "+2"))
    | TEXTS.map(lambda text: Reached("send", text, "sent"))
)


@settings(max_examples=200)
@given(st.lists(EVENTS, min_size=1, max_size=6))
def test_a_turn_that_is_written_is_read_as_what_it_was(events: list[Event]) -> None:
    written = new_script("f", written_call("A", [Moment(0.0, "caller", event) for event in events]))
    report = Report()
    script = read_script(Source("f.calls.yaml", written), report)
    assert script is not None, written
    assert not report.diagnostics, f"{written}\n{render_text(report.diagnostics)}"
    turns = script.calls[0].turns
    assert len(turns) == len(events), written
    for event, turn in zip(events, turns, strict=True):
        assert _is_so(event, turn), written


def _is_so(event: Event, turn: Turn) -> bool:
    match event, turn:
        case Did(act="later", words=words), Later(seconds=seconds):
            return seconds == seconds_of(words)
        case Did(act="text", words=words), Write(body=body):
            return body == words
        case Heard(text=text), Hear(words=(words,)):
            return words.find([text]) is not None
        case Texted(body=text), Hear(words=(words,)):
            return words.find([text]) is not None
        case Logged(text=text), Logs(words=(words,)):
            return words.find([text]) is not None
        case Reached(asked=text), Asks(words=(words,)):
            return words.find([text]) is not None
    return False


PARTS = st.text("abz09.-_~%!$&'()*+,;=:@\u00e9\u20ac {}[]|\\^<>\"", max_size=6)
PATHS = st.lists(PARTS, max_size=3).map(lambda parts: "/" + "/".join(parts)) | st.just("")
HOSTS = st.sampled_from(["x.example", "X.Example:8443", "localhost:80", "[::1]:8001", "user:pw@x.example"])
URLS = st.builds(
    lambda scheme, host, path, query: f"{scheme}://{host}{path}{'?' + query if query else ''}".replace(" ", "%20"),
    st.sampled_from(["http", "https"]),
    HOSTS,
    PATHS,
    st.just("") | st.lists(st.tuples(PARTS, PARTS), min_size=1, max_size=2).map(lambda two: "&".join(f"{a}={b}" for a, b in two)),
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(["GET", "POST"]), URLS), min_size=1, max_size=4, unique=True))
def test_a_request_that_is_written_is_answered_as_it_was(asked: list[tuple[str, str]]) -> None:
    pairs = []
    for number, (method, url) in enumerate(asked):
        line = f"{method} {url}" + (f' {{"n": {number}}}' if method == "POST" else "")
        pairs.append((Ask("request", line, line), Answer("", 200 + number)))
    lines = "\n".join(f"  {line}" for line in given_lines(stubs_of(pairs)))
    report = Report()
    script = read_script(Source("f.calls.yaml", f"given:\n{lines}\ncalls: {{A: [hangup]}}\n"), report)
    assert script is not None, lines
    assert not report.errors, f"{lines}\n{render_text(report.diagnostics)}"
    for ask, _ in pairs:
        assert any(stub.takes(ask) for stub in script.calls[0].given.stubs), f"{ask.line}\n{lines}"

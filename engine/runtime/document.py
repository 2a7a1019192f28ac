"""The document that a turn writes: its text so far, the addresses in it, and what its templates know."""

from collections.abc import Callable
from functools import partial
from html import unescape
from urllib.parse import quote_plus, urlencode, urljoin

from engine.diagnostics.source import Span
from engine.grammar.masks import MASK
from engine.grammar.rendering import WARNINGS
from engine.grammar.tongue import TONGUE
from engine.model.hours.view import HoursView
from engine.model.spoken import default_of
from engine.program.holes import Frame, Parts, escape_attribute, fill
from engine.program.place import Place
from engine.program.program import Program
from engine.program.texts import letters, packed
from engine.program.writing import CLOSING, OPENING
from engine.runtime.call_stack import MARKS, CallStack
from engine.runtime.hidden import Hidden, shown_variables
from engine.runtime.request import NOTHING, Request
from engine.runtime.scope import Scope
from engine.runtime.trail import Event, Lines, Said, Set
from engine.runtime.veil import Veil

DOCUMENT_CUT = 32_000  # bytes after which a document goes on in the next one; Twilio takes 64 kB (error 11750)

LANGUAGE = "language"  # among the variables of the call: the language that was set, a name that no variable can have

NUMBER = "\0"  # stands for a digit of the turn's number while a document is written: XML cannot hold it

LARGEST = 64 * 1024  # bytes of TwiML that Twilio takes (error 11750)


class Document:
    """One document of TwiML, and all that decides what stands in it.

    `memory` is None in a flow that needs no session; `number` is that of the turn in it, `key` the session's. `here` is the step that is being
    played, `at` where the instruction is written that is being played; `answer` is the one that templates know. `channel` is `voice` or `messaging`.

    `personal` says that the document depends on the caller, `waited` that something was written that the caller takes time to hear,
    `goes_on` that it ends with the address of the next one. `lines` are those for the log, `trail` what happened; None where nobody listens.
    `hidden` is what is secret in the turn, None for nothing.
    """

    __slots__ = (
        "_carried",
        "_key",
        "_number",
        "_scope",
        "_told",
        "answer",
        "at",
        "channel",
        "goes_on",
        "here",
        "hidden",
        "length",
        "lines",
        "memory",
        "number_hole",
        "out",
        "personal",
        "program",
        "request",
        "trail",
        "waited",
    )

    def __init__(
        self,
        program: Program,
        request: Request,
        memory: CallStack | None = None,
        number: int = 0,
        key: str = "",
        *,
        listening: bool = False,
    ) -> None:
        self.program, self.request, self.memory = program, request, memory
        self.trail: list[Event] | None = [] if listening else None
        self.lines: list[tuple[str, Span]] = [] if self.trail is None else Lines(self.trail)
        self.at: Span | None = None
        flow = program.flows.get(request.flow)
        self.channel = request.channel_in(flow)
        self.here = Place(request.flow, request.step or (flow.start if flow else ""))
        self.answer = ""
        self.personal = False
        self._number, self._key = number, key
        self.number_hole = NUMBER * len(str(number))
        self._scope: Scope | None = None
        self._carried: dict[bool, str] = {}
        self.hidden = Hidden(memory) if memory is not None and memory.marked else None
        self.begin()

    def begin(self) -> None:
        """Begins the document, or begins it anew."""
        self.out: list[str] = []
        self._told: list[str] = []
        self._scope = None
        self.goes_on = False
        self.waited = False
        self.length = 0
        if self.hidden is not None:
            self.hidden.shown.clear()
            self.hidden.told.clear()

    @property
    def scope(self) -> Scope:
        """The names that templates know now: with them a document depends on the caller."""
        if self._scope is None:
            self.personal = True
            memory, (flow, step, _) = self.memory, self.here
            facts, variables = (memory.facts, memory.variables) if memory else (NOTHING, NOTHING)
            known = self.program.flows.get(flow)
            self._scope = Scope(
                self.request,
                facts,
                variables,
                flow=flow,
                step=step,
                env=self.program.env,
                channel=self.channel,
                language="",
            )
            self._scope[WARNINGS] = self.lines
            if known and known.languages:
                self._scope["language"] = language = self.language
                self._scope[TONGUE] = known.languages[language].tag
            if self.answer:
                self._scope["answer"] = self.answer
            if known and known.hours:
                self._scope["hours"] = HoursView(known.hours, self.request.at, self._scope)
        return self._scope

    @property
    def language(self) -> str:
        """The language of the call as the flow has it: its default where none was set, or one that it does not speak; "" without any."""
        flow = self.program.flows.get(self.here.flow)
        if flow is None or not flow.languages:
            return ""
        chosen = self.memory.shared.get(LANGUAGE) if self.memory and flow.switches else None
        return str(chosen) if chosen in flow.languages else default_of(flow.languages)

    def speak(self, language: str) -> bool:
        """Goes on in another language, for the whole call; False if the flow does not speak it."""
        flow, memory = self.program.flows[self.here.flow], self.memory
        assert memory is not None, "a flow that sets the language keeps a session"
        if language not in flow.languages:
            return False
        memory.shared[LANGUAGE] = language
        self._scope = None
        return True

    def address(self, path: str, query: str, *, page: bool = False, absolute: bool = False) -> str:
        """The address of a place in a step, relative to this request's own, with what the next turn must know in its query."""
        base = self.request.base
        if absolute and self.request.folder:
            base, self.personal = escape_attribute(self.request.folder), True  # under another host, another document
        carried = self._carried.get(page) or self._carry(page)
        return f"{base}{path}?{query}&amp;{carried}" if query else f"{base}{path}?{carried}"

    def _carry(self, page: bool) -> str:
        """What the next turn must know, as it stands in every address of the document; what other legs ask for carries the session's key."""
        # Joined by hand: `urlencode` looks at every character, and most turns carry nothing that is to be escaped.
        text = f"_v={self.program.version}"
        if self.memory is not None:
            text += f"&amp;_t={self.number_hole}"
            if self.memory.frame.number:
                text += f"&amp;_f={self.memory.named_for(page=page)}"
        key = self.request.asked.get("_c")
        if page and self.memory is not None and self._key:
            key, self.personal = self._key, True
        if key is not None:
            text += f"&amp;_c={quote_plus(key, errors='replace')}"
        if self.request.entry:
            text += "&amp;" + escape_attribute(urlencode(self.request.entry, errors="replace"))
        self._carried[page] = text
        return text

    def know_other_variables(self) -> None:
        """Notes that other variables are known now, as in a subflow: addresses and templates do not use what was known before."""
        self._carried.clear()
        self._scope = None

    def know_answer(self, answer: str) -> None:
        """Notes what was answered: templates know it from now on."""
        self.answer, self._scope = answer, None

    def forget_scope(self) -> None:
        """Notes that variables or the step are others now."""
        self._scope = None

    def take_program(self, program: Program) -> None:
        """Goes on in another version of the flows."""
        self.program = program
        self._carried.clear()

    def fresh_scope(self) -> Scope:
        """The names that templates know now, variables that were set just now among them."""
        self._scope = None
        return self.scope

    def media(self, path: str) -> str:
        """The address of a file, relative to this request's own."""
        return self.request.base + path

    def absolute(self, address: str) -> str:
        """An address as `address` and `media` give it, for who reads it outside of the document: from its scheme on, unescaped.

        Nothing stays nothing.
        """
        if not address:
            return ""
        base = self.request.folder + "x/" * self.request.base.count("../")
        return urljoin(base, unescape(address).replace(self.number_hole, str(self._number)))

    def text(self) -> str:
        """The TwiML that was written."""
        return self.unnumbered().replace(self.number_hole, str(self._number))

    def unnumbered(self) -> str:
        """The TwiML that was written, as it is in any turn: with a hole for each number of the turn."""
        self._send()
        return f"{OPENING}{''.join(self.out)}{CLOSING}"

    def shown(self) -> str:
        """The TwiML that was written, as people may see it."""
        self._send()
        hidden = self.hidden
        assert hidden is not None, "else all of it may be seen"
        pieces = "".join([hidden.shown.get(number, piece) for number, piece in enumerate(self.out)])
        return hidden.mask(f"{OPENING}{pieces}{CLOSING}".replace(self.number_hole, str(self._number)))

    def veil(self, make: Callable[[Frame], str], otherwise: str = f"<!--{MASK}-->") -> str:
        """What `make` fills with what is secret masked."""
        assert self.hidden is not None, "else there is nothing to mask"
        return Veil(self, self.hidden).see(make, otherwise)

    def tell(self, text: str, parts: Parts = ()) -> None:
        """Adds words to the reply: what is told in a row stands in one message, each on a line of its own."""
        if text := text.strip():
            self._told.append(text)
            if self.hidden is not None:
                self.hidden.told.append(self.veil(partial(fill, parts), MASK).strip() if parts else text)
            size = len(text.encode("utf-8", "replace"))
            if self.trail is not None:
                self._said(size)
            self.length += size

    def _send(self) -> None:
        """Writes what was told as messages."""
        told, self._told = self._told, []
        first = len(self.out)
        self.out += map(letters, packed(told))
        if self.hidden is not None and told:
            self.hidden.shown |= dict.fromkeys(range(first, len(self.out)), "")
            self.hidden.shown[first] = "".join(map(letters, packed(self.hidden.told)))
            self.hidden.told.clear()

    def redirect_to_next(self, address: str) -> None:
        """Ends the document with the address of the next one, which is ours."""
        self.goes_on = True
        self.write(f"<Redirect>{address}</Redirect>")

    def write(self, text: str, made: "Parts | Callable[[Frame], str]" = ()) -> None:
        """Adds TwiML to the document; `made` is what it was filled from, or makes it."""
        if self._told and text:
            self._send()
        self.out.append(text)
        if made and self.hidden is not None:
            self.hidden.shown[len(self.out) - 1] = self.veil(made if callable(made) else partial(fill, made))
        size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
        if self.trail is not None:
            self._said(size)
        self.length += size

    @property
    def written(self) -> int:
        """Bytes of the answer so far."""
        return len(OPENING) + self.length

    def _said(self, size: int) -> None:
        """Notes so many bytes of the instruction that is played."""
        if self.trail is not None and size and self.at is not None:
            self.trail.append(Said(self.at, self.written, size))

    def note_set(self, name: str, value: object, span: Span | None = None) -> None:
        """Notes that a variable was set by the instruction that is played, or by what stands at `span`."""
        where = span or self.at
        if self.trail is not None and where is not None and name != MARKS:
            if self.hidden is not None:
                value = shown_variables({name: value, MARKS: self.hidden.marks})[name]
            self.trail.append(Set(name, value, where))

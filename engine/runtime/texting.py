"""Answers messages: what is said becomes a reply, and a question waits for that person's next message."""

from engine.diagnostics.source import Span
from engine.grammar.fields import Wrong, seconds_of
from engine.grammar.normalize import tidy
from engine.grammar.overlay.messaging import WAIT
from engine.grammar.templates import Template
from engine.program.holes import fill, settle, text_of
from engine.program.place import Place
from engine.program.texts import letters
from engine.program.tracks import AskByText, Letter, Refuse, Spot, Tell, Track
from engine.runtime.asking import Asking
from engine.runtime.session import Question
from engine.runtime.way import Fault


class Texting(Asking):
    """The way of a conversation by message."""

    __slots__ = ()

    def _open(self, question: Question) -> Spot | None:
        """What follows the message that answers an open question."""
        place = question.place
        spot = self.program.spot(place, self.channel)
        operation = spot[0].operations[spot[1]] if spot else None
        if spot is None or not isinstance(operation, AskByText):
            raise Fault(f"the step `{place.path}` asks nothing at {place.at} any more", None)
        self.here, self.at = Place(place.flow, place.step), operation.span
        return self._replied(operation, *spot, question.again)

    def _tell(self, operation: Tell, track: Track, index: int) -> Spot | None:
        self.personal = self.personal or operation.personal
        self.tell(fill(operation.words, self))
        return track, index + 1

    def _send_letter(self, operation: Letter, track: Track, index: int) -> Spot | None:
        self.personal = self.personal or operation.personal
        message = operation.message
        self.write(
            letters(fill(message.words, self), fill(message.attributes, self), fill(message.media, self)),
        )
        return track, index + 1

    def _refuse(self, operation: Refuse, track: Track, index: int) -> Spot | None:
        raise Fault(operation.why, operation.span)

    def _first_text(self, operation: AskByText, track: Track, index: int) -> Spot | None:
        return self._ask_by_text(operation, track, 0, "")

    def _ask_by_text(self, operation: AskByText, track: Track, again: int, why: str) -> Spot | None:
        """Sends the question, and leaves it open for the next message; what was said before is in the same message, if it can be."""
        memory, words = self.memory, operation.asking(again, why)
        assert memory is not None, "a flow that asks by message keeps a session"
        self.personal = True
        texts = [fill(text, self) for text in words.texts]
        if words.whole:
            body = "\n".join(text.strip() for text in texts if text.strip())
            self.write(letters(body, fill(words.attributes, self), fill(words.media, self)))
        else:
            for text in texts:
                self.tell(text)
        until = self.request.at.timestamp() + self._wait(operation)
        self.asked = Question(track.at(operation), again, memory.named, self.program.version, until)
        return None

    def _wait(self, operation: AskByText) -> int:
        """For how many seconds the next message answers."""
        if isinstance(operation.wait, str):
            return seconds_of(operation.wait)
        value = text_of(settle(operation.wait, self.scope))
        read = WAIT.read(value)
        if isinstance(read, Wrong):
            span: Span = operation.wait.span if isinstance(operation.wait, Template) else operation.span
            raise Fault(f"`timeout` {read.what}, and came out as `{value[:40]}`", span)
        return seconds_of(read)

    def _replied(self, operation: AskByText, track: Track, index: int, again: int) -> Spot | None:
        # Telephones write a space behind a word that they complete.
        self.answer, self._scope, self.personal = tidy(self.request.params.get("Body", "")), None, True
        taken, spot = self._matched(operation, track, index)
        if taken:
            return spot
        if again + 1 < operation.attempts:
            return self._ask_by_text(operation, track, again + 1, "no_match")
        return self._unanswered(operation, track, index, "no_match")

"""Plays a conversation by message: what is said becomes a reply, and a question waits for that person's next message."""

from engine.diagnostics.source import Span
from engine.grammar.fields import Wrong, seconds_of
from engine.grammar.normalize import tidy
from engine.grammar.overlay.messaging import WAIT
from engine.grammar.templates import Template
from engine.program.holes import Frame, fill, settle, text_of
from engine.program.place import Place
from engine.program.texts import letters
from engine.program.tracks import AskByText, Letter, Refuse, Spot, Tell, Track
from engine.runtime.fault import Fault
from engine.runtime.plays.answers import leave_unanswered, take_answer
from engine.runtime.session import Question
from engine.runtime.turn import Turn


def say(turn: Turn, operation: Tell, track: Track, index: int) -> Spot | None:
    """Adds words to the reply."""
    document = turn.document
    document.personal = document.personal or operation.personal
    document.tell(fill(operation.words, document), operation.words)
    return track, index + 1


def message(turn: Turn, operation: Letter, track: Track, index: int) -> Spot | None:
    """Writes a message of its own."""
    document, letter = turn.document, operation.message
    document.personal = document.personal or operation.personal
    words, attributes, media = letter.words, letter.attributes, letter.media

    def written(frame: Frame) -> str:
        return letters(fill(words, frame), fill(attributes, frame), fill(media, frame))

    document.write(written(document), written)
    return track, index + 1


def refuse(turn: Turn, operation: Refuse, track: Track, index: int) -> Spot | None:
    """Fails: there is no such verb here."""
    raise Fault(operation.why, operation.span)


def gather(turn: Turn, operation: AskByText, track: Track, index: int) -> Spot | None:
    """Sends the question for the first time."""
    return _ask(turn, operation, track, 0, "")


def come_back(turn: Turn, operation: AskByText, track: Track, index: int, again: int) -> Spot | None:
    """Takes the message that answers a question, after it was sent again `again` times."""
    document = turn.document
    # Telephones write a space behind a word that they complete.
    document.know_answer(tidy(document.request.params.get("Body", "")))
    document.personal = True
    taken, spot = take_answer(turn, operation, track, index)
    if taken:
        return spot
    if again + 1 < operation.attempts:
        return _ask(turn, operation, track, again + 1, "no_match")
    return leave_unanswered(turn, operation, track, index, "no_match")


def answer_question(turn: Turn, question: Question) -> Spot | None:
    """Takes the message that answers an open question."""
    operation, track, index = _asked_at(turn, question.place)
    return come_back(turn, operation, track, index, question.again)


def meet_silence(turn: Turn, question: Question) -> Spot | None:
    """Goes on where nobody has answered an open question: it is sent again if its own `retry` says so, else `no_input` is followed."""
    operation, track, index = _asked_at(turn, question.place)
    turn.followed = question.followed
    if operation.asks_again and question.again + 1 < operation.attempts:
        return _ask(turn, operation, track, question.again + 1, "no_input")
    turn.followed = (*question.followed, question.place)
    return leave_unanswered(turn, operation, track, index, "no_input")


def _asked_at(turn: Turn, place: Place) -> tuple[AskByText, Track, int]:
    """The question at a place, from which the turn goes on."""
    document = turn.document
    spot = document.program.spot(place, document.channel)
    operation = spot[0].operations[spot[1]] if spot else None
    if spot is None or not isinstance(operation, AskByText):
        raise Fault(f"the step `{place.path}` asks nothing at {place.at} any more", None)
    document.here, document.at = Place(place.flow, place.step), operation.span
    return operation, *spot


def _ask(turn: Turn, operation: AskByText, track: Track, again: int, why: str) -> Spot | None:
    """Sends the question, and leaves it open for the next message; what was said before is in the same message, if it can be."""
    document, words = turn.document, operation.asking(again, why)
    assert document.memory is not None, "a flow that asks by message keeps a session"
    document.personal = True
    if words.whole:

        def written(frame: Frame) -> str:
            texts = [fill(text, frame) for text in words.texts]
            body = "\n".join(text.strip() for text in texts if text.strip())
            return letters(body, fill(words.attributes, frame), fill(words.media, frame))

        document.write(written(document), written)
    else:
        for text in words.texts:
            document.tell(fill(text, document), text)
    now, seconds, place = document.request.at.timestamp(), _seconds(turn, operation), track.at(operation)
    version, visit = document.program.version, document.memory.named
    if _follows_silence(turn, operation, place, again):
        # A message answers it until silence has been followed, and then for as long again.
        folder = document.request.folder
        turn.asked = Question(place, again, visit, version, now + 2 * seconds, seconds, turn.followed, folder)
    else:
        turn.asked = Question(place, again, visit, version, now + seconds)
    return None


def _follows_silence(turn: Turn, operation: AskByText, place: Place, again: int) -> bool:
    """Whether silence is followed: once at each question since the person last wrote, or nobody would ever be left alone."""
    if not (operation.asks_again or operation.goes_on) or place in turn.followed:
        return False
    return operation.goes_on or again + 1 < operation.attempts


def _seconds(turn: Turn, operation: AskByText) -> int:
    """For how many seconds the next message answers."""
    if isinstance(operation.wait, str):
        return seconds_of(operation.wait)
    value = text_of(settle(operation.wait, turn.document.scope))
    read = WAIT.read(value)
    if isinstance(read, Wrong):
        span: Span = operation.wait.span if isinstance(operation.wait, Template) else operation.span
        raise Fault(f"`timeout` {read.what}, and came out as `{value[:40]}`", span)
    return seconds_of(read)

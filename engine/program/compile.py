"""Compiles a step: its blocks become tracks, its instructions operations."""

from collections.abc import Callable
from dataclasses import replace
from weakref import ref

from engine.grammar.channels import CHANNELS
from engine.grammar.masks import SECRET
from engine.grammar.templates import Template
from engine.model.actions import leaves_by_action
from engine.model.flow import Flow
from engine.model.gathers import after_silence
from engine.model.parts import (
    Assign,
    Block,
    Branch,
    Branching,
    Instruction,
    Log,
    Markup,
    PerformEffect,
    Piece,
    Redirect,
    Return,
    Subflow,
    ToUrl,
    Verb,
)
from engine.model.prompts import NO_RECORDINGS, Recordings
from engine.program.always import placed
from engine.program.answers import Answers
from engine.program.holes import AddressHole, MarkupHole, Part, Parts, is_personal, joined
from engine.program.texts import TextWriter, Words, for_calls, is_static, waits, worded
from engine.program.tracks import (
    Ask,
    AskByText,
    Call,
    Choose,
    Close,
    Goal,
    Jump,
    Letter,
    Note,
    Operation,
    Put,
    Reach,
    Refuse,
    Tell,
    Track,
    Tracks,
    Utter,
    Wait,
)
from engine.program.writing import Writer


def compile_step(flow: Flow, step: str, channel: str = "voice", recordings: Recordings = NO_RECORDINGS) -> Tracks:
    """The tracks of a step on a channel; `recordings` are played in the place of texts."""
    return _Compiler(flow, step, channel, recordings).compile()


class _Compiler:
    def __init__(self, flow: Flow, step: str, channel: str, recordings: Recordings) -> None:
        self._flow, self._step, self._recordings = flow, step, recordings
        self._channel = channel
        self._tracks = Tracks(Track(flow.name, step, ""))
        self._around: tuple[Goal, ...] | None = None  # in a tree of `always`: where its exits lead

    def compile(self) -> Tracks:
        self._fill(self._tracks.first, self._flow.steps[self._step])
        return self._tracks

    def _writer(self, track: Track) -> Writer:
        return Writer(self._flow, self._step, track.repeated, self._recordings)

    def _fill(self, track: Track, block: Block) -> None:
        operations: list[Operation] = []
        for number, instruction in enumerate(block.instructions):
            self._tracks.places[instruction.place] = (track, number)
            operations.append(self._operation(instruction, track, number))
        track.operations = tuple(operations)

    def _goals(self, instruction: Branching, track: Track, number: int) -> tuple[Goal, ...]:
        goals: list[Goal] = []
        # What a verb's branch leads to repeats the list in which the verb stands; a branch instruction changes nothing.
        again = track.again if isinstance(instruction, Branch) else track
        for exit_ in instruction.exits:
            if isinstance(exit_.goes, Block):
                tree = Track(track.flow, track.step, exit_.goes.place, (track, number + 1), again)
                self._fill(tree, exit_.goes)
                goals.append(tree)
            else:
                goals.append(exit_.goes)
        return tuple(goals)

    def _always(self, gather: Verb, track: Track, number: int) -> tuple[Goal, ...]:
        """Where the exits of `always` lead from a gather; from one in a tree of `always`, to the trees that stand around it."""
        if self._around is not None:
            return self._around
        goals: list[Goal] = []
        trees: list[tuple[Track, Block]] = []
        for exit_ in self._flow.always:
            if isinstance(exit_.goes, Block):
                block = placed(exit_.goes, gather.place)
                trees.append((Track(track.flow, track.step, block.place, (track, number + 1), track), block))
            goals.append(trees[-1][0] if isinstance(exit_.goes, Block) else exit_.goes)
        self._around = tuple([ref(goal) if isinstance(goal, Track) else goal for goal in goals])
        for tree, block in trees:
            self._fill(tree, block)
        self._around = None
        return tuple(goals)

    def _operation(self, instruction: Instruction, track: Track, number: int) -> Operation:
        place, span = instruction.place, instruction.span
        if isinstance(instruction, Verb):
            return self._verb(instruction, track, number)
        if isinstance(instruction, Redirect):
            target = instruction.target
            parts: Parts = ()
            if isinstance(target, ToUrl):
                method = f' method="{target.method}"' if target.method else ""
                parts = joined([f"<Redirect{method}>", self._writer(track).target(target), "</Redirect>"])
            return Jump(place, span, target, parts)
        if isinstance(instruction, Branch):
            return Choose(
                place, span, instruction.on, Answers(instruction.exits), self._goals(instruction, track, number)
            )
        if isinstance(instruction, Assign):
            return Put(place, span, instruction.values)
        if isinstance(instruction, Log):
            return Note(place, span, instruction.text)
        if isinstance(instruction, Markup):
            text: Part = MarkupHole(instruction.text) if isinstance(instruction.text, Template) else instruction.text
            # Verbatim TwiML may wait for somebody and may end the document; what follows it must not be taken for granted.
            personal, may_wait = not isinstance(text, str), self._channel == "voice"
            return Utter(place, span, (text,), personal, heard=True, waits=may_wait, ends=False)
        if isinstance(instruction, Return):
            return Close(place, span, instruction.value)
        assert isinstance(instruction, Subflow | PerformEffect), f"an instruction without an operation: {instruction}"
        answers = Answers(instruction.exits)
        goals = self._goals(instruction, track, number)
        if isinstance(instruction, Subflow):
            given = tuple((name, value) for name, value, _ in instruction.given)
            return Call(place, span, instruction.flow, given, answers, goals, instruction.save)
        return Reach(
            place, span, instruction, answers, goals, instruction.save, self._writer(track).addresses(instruction)
        )

    def _verb(self, verb: Verb, track: Track, number: int) -> Operation:
        if refusal := self._refusal(verb):
            return Refuse(verb.place, verb.span, refusal)
        if self._channel == "messaging":
            return self._by_text(verb, track, number)
        if len(self._flow.channels) > 1:
            verb = for_calls(verb)
        conduct = verb.piece.element.conduct
        own = verb.branches or verb.save is not None
        given = any(xml == "action" for xml, _ in verb.piece.attributes)
        gathers = verb.piece.element.name == "gather"
        always = self._flow.always if gathers else ()
        named = any("no_input" in exit_.names for exit_ in always)  # silence may lead somewhere
        if not own and (given or not conduct.loops) and verb.retry.attempts == 1 and not named:
            parts = self._writer(track).piece(verb.piece)
            ends = conduct.ends or leaves_by_action(verb)
            return Utter(verb.place, verb.span, parts, is_personal(parts), conduct.heard, conduct.waits, ends)
        goals = self._goals(verb, track, number)
        answers = Answers(verb.exits, always)
        if gathers:
            silent = ("actionOnEmptyResult", "true") not in verb.piece.attributes
            return Ask(
                verb.place,
                verb.span,
                self._asking(verb, track, given),
                answers,
                (*goals, *self._always(verb, track, number)),
                verb.save,
                verb.retry.attempts,
                silent,
                verb.secret,
            )
        action = AddressHole(track.path, f"_a={verb.place}{_secret(verb)}")
        parts = self._writer(track).piece(verb.piece, action)
        if verb.piece.element.name == "record":
            # Twilio's page says that the action is always asked, and shows a verb that follows an empty recording:
            # whichever holds, the flow hears of it.
            parts = joined([*parts, "<Redirect>", action, "</Redirect>"])
        return Wait(
            verb.place,
            verb.span,
            verb.piece.element,
            parts,
            is_personal(parts),
            answers,
            goals,
            verb.save,
            _screened(verb.piece),
            verb.secret,
        )

    def _refusal(self, verb: Verb) -> str:
        """Why a verb cannot be carried out on the channel; "" if it can."""
        name, one = verb.piece.element.name, CHANNELS[self._channel].one
        if self._channel not in self._flow.channels:
            return f"the flow `{self._flow.name}` does not answer {one}s: its channel is {self._flow.channel}"
        return "" if name in CHANNELS[self._channel].served else f"`{name}` cannot answer a {one}"

    def _by_text(self, verb: Verb, track: Track, number: int) -> Operation:
        """The operation of a verb in messaging; what is only heard is nothing there."""
        place, span, piece = verb.place, verb.span, verb.piece
        writer = TextWriter(self._flow, self._writer(track))
        if piece.element.name == "gather":
            asking = self._asking_by_text(verb, writer)
            answers = Answers(verb.exits, self._flow.always)
            goals = (*self._goals(verb, track, number), *self._always(verb, track, number))
            attempts, after = verb.retry.attempts, after_silence(verb)
            return AskByText(place, span, asking, answers, goals, verb.save, attempts, waits(verb), *after, verb.secret)
        if piece.element.name == "say":
            words = writer.said(piece)
            return Tell(place, span, words, is_personal(words))
        if piece.element.name == "message":
            message = writer.message(piece)
            if not is_static(message):
                return Letter(place, span, message, is_personal((*message.words, *message.attributes, *message.media)))
            parts = self._writer(track).piece(piece)
            return Utter(place, span, parts, is_personal(parts), heard=True, waits=False, ends=False)
        return Utter(place, span, (), False, heard=False, waits=False, ends=piece.element.conduct.ends)

    def _asking_by_text(self, verb: Verb, writer: TextWriter) -> Callable[[int, str], Words]:
        """The words of a gather each time; each form is made once, when it is first needed."""
        known: dict[tuple[int, str], Words] = {}
        retry = verb.retry

        def asking(again: int, why: str) -> Words:
            if (again, why) not in known:
                prompt = retry.prompt[min(again - 1, len(retry.prompt) - 1)] if again and retry.prompt else ()
                words = retry.no_input if again and why == "no_input" else retry.no_match if why == "no_match" else ()
                before: tuple[Piece, ...] = words[min(again - 1, len(words) - 1)] if words else ()
                known[again, why] = writer.words(before, prompt if worded(prompt) else verb.piece.content)
            return known[again, why]

        return asking

    def _asking(self, verb: Verb, track: Track, given: bool) -> Callable[[int, str], tuple[Parts, bool]]:
        """The gather as it is asked each time; each form is written once, when it is first needed."""
        known: dict[tuple[int, str], tuple[Parts, bool]] = {}
        retry, piece, path, writer = verb.retry, verb.piece, track.path, self._writer(track)

        def asking(again: int, why: str) -> tuple[Parts, bool]:
            if (again, why) not in known:
                content = piece.content
                if again and retry.prompt:
                    content = retry.prompt[min(again - 1, len(retry.prompt) - 1)]
                words = retry.no_input if why == "no_input" else retry.no_match if why == "no_match" else ()
                before: tuple[Piece, ...] = words[min(again - 1, len(words) - 1)] if again and words else ()
                query = f"_a={verb.place}{_secret(verb)}" + (f"&amp;_n={again}" if again else "")
                action = None if given else AddressHole(path, query)
                asked = replace(piece, content=(*before, *content))
                parts = writer.piece(asked, action)
                known[again, why] = parts, is_personal(parts)
            return known[again, why]

        return asking


def _secret(verb: Verb) -> str:
    """What the address for an answer carries that is secret: who only knows the address leaves it out of what is kept, too."""
    return f"&amp;{SECRET}=1" if verb.secret else ""


def _screened(piece: Piece) -> bool:
    """Whether something dialled has a `url`, so that its other side may decline."""
    return any(isinstance(item, Piece) and any(xml == "url" for xml, _ in item.attributes) for item in piece.content)

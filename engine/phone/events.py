"""What happens in a call, one frozen event for each thing."""

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Heard:
    """Words that were spoken, `times` times; `cut` if a key or word stopped them. `barge_in`: a key may stop them."""

    text: str
    voice: str = ""
    language: str = ""
    barge_in: bool = False
    times: int = 1
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Played:
    """A sound that was played: its absolute `url`, or `digits` that sound as tones; `words` are what is said in it, if that is known."""

    url: str = ""
    digits: str = ""
    barge_in: bool = False
    times: int = 1
    cut: bool = False
    words: str = ""

    @property
    def named(self) -> str:
        """What is heard: the words if they are known, else an address or tones."""
        return self.words or self.url or self.digits


@dataclass(frozen=True, slots=True)
class Paused:
    seconds: int
    barge_in: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A gather waits for keys or words. `num_digits` is 0 for as many as come; `finish_on_key` "" for no such key; `secret` says that the
    flow shows its answer to no person.
    """

    input: tuple[str, ...] = ("dtmf",)
    num_digits: int = 0
    finish_on_key: str = "#"
    timeout: int = 5
    hints: tuple[str, ...] = ()
    language: str = ""
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Recording:
    """The caller is recorded, until a key of `finish_on_key`, `timeout` seconds of silence, or `max_length` seconds."""

    max_length: int = 3600
    finish_on_key: str = "1234567890*#"
    timeout: int = 5
    beep: bool = True


class Target(NamedTuple):
    """Somebody who is dialled: the noun (Number, Client, Sip, Queue, …), its address, the page it hears first."""

    kind: str
    address: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Dialled:
    """It rings at all `targets` at once."""

    targets: tuple[Target, ...]
    timeout: int = 30
    caller_id: str = ""

    @property
    def to(self) -> str:
        return ", ".join(target.address for target in self.targets)


@dataclass(frozen=True, slots=True)
class PickedUp:
    """Somebody who was dialled picked up; what they hear first follows, if they have a page."""

    target: Target


@dataclass(frozen=True, slots=True)
class Bridged:
    """The caller talks with somebody until one of them hangs up, or until `time_limit` seconds have passed."""

    target: Target
    hangup_on_star: bool = False
    time_limit: int = 14400


@dataclass(frozen=True, slots=True)
class InConference:
    """The caller is in a conference until it ends for them."""

    name: str
    muted: bool = False
    start_on_enter: bool = True
    end_on_exit: bool = False


@dataclass(frozen=True, slots=True)
class Enqueued:
    """The caller waits in a queue until somebody takes them out of it, or they leave."""

    name: str
    workflow_sid: str = ""
    task: str = ""


@dataclass(frozen=True, slots=True)
class Connected:
    """The call is with a program: the noun (ConversationRelay, Stream, …), its URL or name, its parameters."""

    kind: str
    address: str = ""
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Paying:
    """The caller is asked for a card or an account."""

    method: str = "credit-card"
    amount: str = ""
    currency: str = "usd"


@dataclass(frozen=True, slots=True)
class Referred:
    """The call is handed to another SIP address."""

    address: str


@dataclass(frozen=True, slots=True)
class Texted:
    """A message that came back, or was sent from a call."""

    body: str
    media: tuple[str, ...] = ()
    to: str = ""
    from_: str = ""
    sid: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Started:
    """Something runs beside the call from now on (`Start`), or no longer (`Stop`, then `stopped`)."""

    kind: str
    name: str = ""
    address: str = ""
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Did:
    """What the one at the telephone did: `press`, `say`, `silence`, `hang up`, `text`, or the outcome of a verb.

    `params` are parameters that Twilio is made to send with that outcome.
    """

    act: str
    words: str = ""
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class HungUp:
    """The call is over. `by`: caller, flow (`Hangup`), end (of the document), reject, busy, error, limit, callee, api."""

    by: str


@dataclass(frozen=True, slots=True)
class Requested:
    """A request that was made. `kind`: document, redirect (after a 3xx), callback, media."""

    method: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    status: int = 200
    kind: str = "document"


@dataclass(frozen=True, slots=True)
class Reached:
    """What the server asked of the world for the answer that came before: the verb of its flow, all of
    it in one line, and what came of it (`200`, `timeout`, `error`, `sent`, what a function returned); `problem` says why it failed.

    Only a server in the same process tells it.
    """

    kind: str
    asked: str
    answer: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Logged:
    """A line that the flow wrote into its log for the answer that came before (`log:`), and `place`, where it is written:
    `flows/clinic.yaml:8:7`. Only a server in the same process tells it."""

    text: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class OptOut:
    """Twilio itself answers a text with the keyword `word`, whatever the flow does; `kind` is STOP, HELP or START.

    Twilio, "Support for opt-out keywords (SMS STOP filtering)": after STOP nothing is delivered until START.
    """

    word: str
    kind: str


@dataclass(frozen=True, slots=True)
class Warned:
    """What Twilio would write into its debugger: its code; `error` if the document could not be carried out, or Twilio's dictionary
    says ERROR."""

    code: int
    text: str
    error: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """Keys or words that reached nobody, and why."""

    words: str
    why: str


@dataclass(frozen=True, slots=True)
class Limit:
    """The telephone itself gave up."""

    reason: str


Waiting = Asked | Recording | Dialled | Bridged | InConference | Enqueued | Connected | Paying | Referred
Sound = Heard | Played | Paused
Told = Requested | Reached | Logged | OptOut | Warned | Lost | Limit
Event = Waiting | Sound | PickedUp | Texted | Started | Did | HungUp | Told

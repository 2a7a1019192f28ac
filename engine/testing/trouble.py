"""What goes wrong in a call without anybody expecting it: found while it is played."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from engine.phone import Conversation, PhoneCall
from engine.phone.events import Limit, Lost, Requested, Warned
from engine.phone.leg import DOCUMENTS
from engine.phone.transcript import visible
from engine.phone.transport import origin
from engine.testing.extension import BASE
from engine.testing.project import Fault, Project

# What callers bring about, whatever the flow: a recording too short to be written down, a call that cannot be referred.
OF_CALLERS = (13617, 13801)


LOST = "lost"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong: the kind (`fault`, `status`, `twilio 12100`, `circle`, `lost`), in words, and where in the flows if that is known.

    Two troubles of the same `sign` are one.
    """

    kind: str
    text: str
    place: str = ""

    @property
    def sign(self) -> tuple[str, str]:
        return self.kind, self.place or self.text

    def __str__(self) -> str:
        return visible(f"{self.place}: {self.text}" if self.place else self.text)


class Watch:
    """Looks at a call after each move; `left` is the foreign address that it has gone to, from where on nothing is known."""

    def __init__(self, project: Project, story: PhoneCall | Conversation) -> None:
        self._project, self._story, self._seen = project, story, 0
        self.left = ""

    def look(self) -> tuple[Trouble, ...]:
        """What went wrong since the last look."""
        found = [_fault(fault) for fault in self._project.faults]
        new = self._story.events[self._seen :]
        self._seen += len(new)
        foreign, status = "", 200
        for event in new:
            if isinstance(event, Requested):
                foreign = event.url if origin(urlsplit(event.url)) != BASE else ""
                status = event.status if event.kind != "media" else 200  # a sound that is missing is warned of
                if not foreign and status != 200:
                    found.append(Trouble("status", f"{_path(event.url)} was answered with {status}"))
                if event.kind == "document":
                    self.left = foreign
            elif isinstance(event, Warned):
                told = foreign or status != 200 or event.code in OF_CALLERS
                if not told:
                    what = "error" if event.error else "warning"
                    found.append(
                        Trouble(f"twilio {event.code}", f"Twilio {what} {event.code}: {event.text}", self._here())
                    )
            elif isinstance(event, Limit) and event.reason.startswith(f"{DOCUMENTS} documents"):
                found.append(Trouble("circle", event.reason, self._here()))
            elif isinstance(event, Lost):
                found.append(Trouble(LOST, f"`{event.words}` is lost: {event.why}"))
        if isinstance(self._story, PhoneCall) and self._story.ended_by != "error":
            self.left = ""  # a queue goes on without the music of somebody else
        return tuple(found)

    def _here(self) -> str:
        steps: Sequence[str] = self._project.steps(self._story)
        return steps[-1] if steps else ""


def _fault(fault: Fault) -> Trouble:
    return Trouble("fault", fault.message, fault.place)


def _path(url: str) -> str:
    return urlsplit(url).path

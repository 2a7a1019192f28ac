"""The hint about recordings of prompts: L408, a text that has changed since it was recorded."""

from collections.abc import Collection, Iterator, Mapping
from difflib import SequenceMatcher

from engine.diagnostics.diagnostic import Diagnostic, Severity
from engine.model.flow import Flow
from engine.model.prompts import Prompt, named, prompts_of, recordings_of
from engine.model.reading.reader import folded

_ALIKE = 0.6  # of the first words of two texts: then one was made of the other


def outdated(flows: Mapping[str, Flow], audio: Collection[str] | None) -> Iterator[Diagnostic]:
    """Texts that are spoken although there is a recording of earlier words of theirs."""
    recordings = recordings_of(audio)
    files = {path: named(path) for path in recordings.values()}
    for flow in flows.values() if files else ():
        own = {path: name for path, name in files.items() if name[0].startswith(f"{flow.name}-")}
        if own:
            prompts = [prompt for prompt in prompts_of(flow) if prompt.mark]
            said = {prompt.mark for prompt in prompts}
            left = {path: before for path, (before, mark) in own.items() if mark not in said}
            yield from _of_flow([prompt for prompt in prompts if prompt.mark not in recordings], left)


def _of_flow(unrecorded: Collection[Prompt], left: dict[str, str]) -> Iterator[Diagnostic]:
    """What is to be told of texts without a recording, where `left` are recordings whose words nobody says, with how their names begin."""
    for prompt in unrecorded if left else ():
        path = next((path for path, before in left.items() if _is_earlier(before, prompt)), None)
        if path is not None:
            del left[path]
            yield Diagnostic(
                Severity.HINT,
                "L408",
                "the text has changed since it was recorded",
                prompt.span,
                "spoken, not played",
                notes=(folded(f"recorded: {path}"),),
                helps=(f"record it again as\n{prompt.name}.wav",),
            )


def _is_earlier(before: str, prompt: Prompt) -> bool:
    """Whether a name begins as that of the prompt would, with words much like its own."""
    place, first = before[: len(prompt.place)], before[len(prompt.place) :].strip("-")
    return place == prompt.place and SequenceMatcher(None, first, prompt.first).ratio() >= _ALIKE

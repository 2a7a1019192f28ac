"""What the world answered in a call, as lines of a script that answers the same."""

import re

from engine.grammar.masks import MASK
from engine.phone.discreet import mask_of
from engine.phone.scripts.write_stubs import given_lines, pruned, stubs_of
from engine.phone.story import Story
from engine.testing.project import Project
from engine.testing.world import answer_of


def answered_lines(project: Project, story: Story) -> tuple[str, ...]:
    """The lines that stand under `given`. Long bodies are left what the flows speak of; secrets are left out."""
    words = {word for text in project.program.sources.values() for word in re.findall(r"[\w-]+", text)}

    def spoken_of(name: str) -> bool:
        return all(part in words for part in re.findall(r"[\w-]+", name))

    hide = mask_of(story.moments)

    def mask(text: str) -> str:
        return hide(project.mask(text))

    asked = [(one.ask, pruned(answer_of(one), spoken_of, mask)) for one in project.exchanges(story)]
    return tuple(hide(line).replace(f"={MASK}", "=*") for line in given_lines(stubs_of(asked)))

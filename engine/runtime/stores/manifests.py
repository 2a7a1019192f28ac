"""What a version of the flows is made of: the hash of each file's text, by its name."""

from collections.abc import Iterator, Mapping
from itertools import islice

import msgspec

from engine.program.manifest import text_hash
from engine.runtime.formats import Format, LaterFormat
from engine.runtime.stores.contract import VERSION_DAYS, WrittenLater, shown

FORMAT = 1
"""Goes up with every change of what a manifest holds, or of what its hashes are."""

LIFE = VERSION_DAYS * 86400.0
"""Seconds for which a manifest is kept that nobody keeps again or asks for."""
SPARE = 86400.0
"""A text outlives every manifest that names it: it is kept again when so many seconds have passed, and dropped that much later."""
TEXT_LIFE = LIFE + SPARE
PORTION = 100
"""So many texts are written, or read, at a time: others have their turn between."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="format", tag=FORMAT):
    """Hashes of texts by the names of their files."""

    files: Mapping[str, str]

    def sources(self, texts: Mapping[str, str]) -> Mapping[str, str] | None:
        """The texts by the names of their files; None if one of them is lost."""
        if not texts.keys() >= set(self.files.values()):
            return None
        return {name: texts[known] for name, known in self.files.items()}


class Hashes:
    """Makes manifests. The hashes of the last one are remembered, since most texts are those of the version before."""

    def __init__(self) -> None:
        self._known: Mapping[str, str] = {}

    def manifest(self, sources: Mapping[str, str]) -> tuple[Manifest, dict[str, str]]:
        """The manifest of files, text by name; and their texts by hash."""
        before = self._known
        known = {text: before.get(text) or text_hash(text) for text in sources.values()}
        self._known = known
        return Manifest({name: known[text] for name, text in sources.items()}), {
            one: text for text, one in known.items()
        }


def read_manifest(version: str, kept: bytes) -> Manifest | None:
    """The manifest of a version as it is kept, None if nobody can read it; raises WrittenLater for one of a later format."""
    try:
        return _FORMAT.read(kept)
    except LaterFormat as fault:
        raise WrittenLater(f"the version `{shown(version)}` is left as it is: {fault}") from None
    except ValueError:
        return None


def written_manifest(manifest: Manifest) -> bytes:
    """The JSON of a manifest as every store keeps it."""
    return _FORMAT.write(manifest)


def portions(of: Mapping[str, str], size: int = PORTION) -> Iterator[list[tuple[str, str]]]:
    """The items, a portion at a time."""
    items = iter(of.items())
    while some := list(islice(items, size)):
        yield some


def encoded(text: str) -> bytes:
    """A text as it is kept, which may hold half of a character."""
    return text.encode("utf-8", "surrogatepass")


def decoded(kept: bytes) -> str:
    """A text that was kept."""
    return str(kept, "utf-8", "surrogatepass")


_FORMAT = Format(Manifest, FORMAT)

"""What a version of the flows is made of: the hash of each file's text by its name, and the hash of all that, by which it is called."""

from collections.abc import Mapping
from hashlib import blake2b
from types import MappingProxyType

NOTHING: Mapping[str, str] = MappingProxyType({})


def text_hash(text: str) -> str:
    """What stands for a text, of any file."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def manifest_of(
    sources: Mapping[str, str], before: Mapping[str, str] = NOTHING, known: Mapping[str, str] = NOTHING
) -> dict[str, str]:
    """The hash of each text; `known` are the hashes of the texts that were there `before`."""
    return {
        name: known[name] if before.get(name) == text else text_hash(text) for name, text in sorted(sources.items())
    }


def version_of(manifest: Mapping[str, str]) -> str:
    """Eight characters that stand for all files."""
    return text_hash("".join(f"{name}\0{manifest[name]}\0" for name in sorted(manifest)))[:8]

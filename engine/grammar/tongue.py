"""Which language a template is said in: what the filters go by."""

from collections import ChainMap
from collections.abc import Mapping

# The name in a scope under which the tag of the language stands, such as `es-US`; no template can write it.
TONGUE = "spoken tongue"


def in_language(scope: Mapping[str, object], tag: str) -> Mapping[str, object]:
    """The same names, said in the language of this tag."""
    return ChainMap({TONGUE: tag}, scope)  # type: ignore[arg-type]


def tongue_of(scope: Mapping[str, object]) -> str:
    """The tag of the language of a scope; "" where there is none, which is English."""
    # Not by `get`: a ChainMap would look through both for it.
    try:
        return str(scope[TONGUE])
    except KeyError:
        return ""

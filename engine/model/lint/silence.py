"""What an author does not want to hear of: codes in `check: {ignore: […]}`, and comments at the end of a line."""

import re
from collections.abc import Collection

from engine.diagnostics.diagnostic import Diagnostic, Severity

_COMMENT = re.compile(r"#\s*touchtone:\s*ignore\[([^\]]*)\]\s*$")


def silenced(found: Diagnostic, ignored: Collection[str] = ()) -> bool:
    """Whether a finding is to be left out; an error never is.

    `ignored` are codes for the whole project; `# touchtone: ignore[L102, L202]` at the end of the line that a finding
    points at leaves those codes out there.
    """
    if found.severity is Severity.ERROR:
        return False
    if found.code in ignored:
        return True
    source = found.span.source
    comment = _COMMENT.search(source.line(source.position(found.span.start)[0]))
    return comment is not None and found.code in re.split(r"[\s,]+", comment[1].strip())

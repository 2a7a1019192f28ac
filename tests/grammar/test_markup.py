"""Verbatim TwiML: of a whole document the content, a fragment as it is."""

import pytest

from engine.grammar.markup import inner_markup


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("<Say>Hi</Say>", "<Say>Hi</Say>"),
        ("", ""),
        ("<Response><Say>Hi</Say></Response>", "<Say>Hi</Say>"),
        (' <?xml version="1.0" encoding="UTF-8"?>\n<Response>\n<Hangup/>\n</Response>\n', "\n<Hangup/>\n"),
        ("<Response/>", ""),
        ('<?xml version="1.0"?><Response />', ""),
        ("<Response></Response>", ""),
        ("<Response><Say>Hi</Say>", "<Response><Say>Hi</Say>"),
        ("<Responses><Say/></Responses>", "<Responses><Say/></Responses>"),
        ("<Response/><Say/>", "<Response/><Say/>"),
        ("<!DOCTYPE x><Response></Response>", "<!DOCTYPE x><Response></Response>"),
    ],
)
def test_the_content_of_a_document(text: str, inner: str) -> None:
    assert inner_markup(text) == inner


def test_a_long_text_takes_no_time() -> None:
    """Nothing here goes back and forth over what it has read."""
    for text in ("<Response " * 50_000, "<?xml " + "a" * 500_000, " " * 500_000 + "x", "<Response>" * 50_000):
        assert inner_markup(text) == text

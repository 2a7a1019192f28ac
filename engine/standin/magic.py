"""The numbers of Twilio's test credentials (Twilio, "Test Credentials"): each has its error, and nobody is called or texted."""

from collections.abc import Mapping

_FIRST = "+1500555000"
VALID = f"{_FIRST}6"
"""The number that may call and send."""

CALLS_FROM: Mapping[str, int] = {f"{_FIRST}1": 21212}
CALLS_TO: Mapping[str, int] = {
    f"{_FIRST}{digit}": code for digit, code in ((1, 21217), (2, 21214), (3, 21215), (4, 21216))
}
MESSAGES_FROM: Mapping[str, int] = {f"{_FIRST}{digit}": code for digit, code in ((1, 21212), (7, 21606), (8, 21611))}
MESSAGES_TO: Mapping[str, int] = {
    f"{_FIRST}{digit}": code for digit, code in ((1, 21211), (2, 21612), (3, 21408), (4, 21610), (9, 21614))
}


def is_magic(number: str) -> bool:
    """Whether it is one of the numbers of the tests."""
    return len(number) == len(VALID) and number.startswith(_FIRST)

"""Makes access tokens with which a browser or an app calls through Twilio's Voice SDK."""

import re
from datetime import datetime

from engine.account.client import Credentials

LONGEST = 24 * 3600  # seconds; Twilio, "Access Tokens": "a limited lifetime, configurable up to 24 hours"
HOUR = 3600
IDENTITY = re.compile(r"[A-Za-z0-9_]{1,121}", re.ASCII)  # Twilio, "Voice JavaScript SDK: Twilio.Device"


class TokenError(ValueError):
    """No token can be made; the sentence says what is missing and how to get it."""


def check_identity(identity: str) -> None:
    """Raises TokenError for a name that the Voice SDK does not take."""
    if not IDENTITY.fullmatch(identity):
        raise TokenError("an identity has up to 121 letters, digits and underscores, such as front_desk")


def voice_token(
    credentials: Credentials, identity: str, *, at: datetime, app: str = "", seconds: int = HOUR, incoming: bool = True
) -> str:
    """An access token (a JWT, RFC 7519) for one client of the Voice SDK, for `seconds` from the aware time `at` on.

    Calls that the client makes go to the TwiML App with the SID `app`; without one it makes none. With `incoming` it is called as
    `dial: {client: identity}`. It is signed with the API key of the credentials. Raises TokenError where there is no API key, and for
    an identity or a time that Twilio does not take.

    Twilio, "Access Tokens"; "Voice JavaScript SDK: Twilio.Device".
    """
    if not (credentials.account_sid and credentials.api_key and credentials.api_secret):
        raise TokenError(
            "access tokens are signed with an API key: create one in the Twilio Console (Account, API keys and tokens), "
            "and set TWILIO_ACCOUNT_SID, TWILIO_API_KEY and TWILIO_API_SECRET"
        )
    check_identity(identity)
    if not 1 <= seconds <= LONGEST:
        raise TokenError(f"a token lives from 1 to {LONGEST} seconds")
    from twilio.jwt.access_token import AccessToken
    from twilio.jwt.access_token.grants import VoiceGrant

    now = int(at.timestamp())
    grant = VoiceGrant(incoming_allow=incoming, outgoing_application_sid=app or None)
    token = AccessToken(
        credentials.account_sid,
        credentials.api_key,
        credentials.api_secret,
        grants=[grant],
        identity=identity,
        nbf=now,
        valid_until=now + seconds,
    )
    return str(token.to_jwt())

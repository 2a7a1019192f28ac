"""Twilio's errors: a code, an HTTP status, and a sentence."""

from collections.abc import Mapping
from typing import Any

MESSAGES: Mapping[int, str] = {
    20003: "Authenticate",
    20004: "Method not allowed",
    20009: "Cannot change this resource before it is complete",
    20404: "The requested resource {} was not found",
    20422: "Invalid Parameter: {}",
    20429: "Too Many Requests",
    20500: "Internal Server Error",
    20503: "Service Unavailable",
    21201: "No 'To' number is specified",
    21205: "{} is not a valid URL: {}",
    21206: "SendDigits is invalid: {}",
    21208: "Timeout is invalid: {}",
    21209: "{} is not a valid HTTP method: {}",
    21210: "The source phone number provided, {}, is not yet verified for your account. You may only make calls from phone "
    "numbers that you've verified or purchased from Twilio.",
    21211: "The 'To' number {} is not a valid phone number.",
    21212: "The 'From' number {} is not a valid phone number, shortcode, or alphanumeric sender ID.",
    21213: "No 'From' number is specified",
    21214: "The 'To' number {} cannot be reached.",
    21215: "Account not authorized to call {}. Perhaps you need to enable some international permissions.",
    21216: "Account not allowed to call {}",
    21217: "Phone number does not appear to be valid: {}",
    21218: "Invalid ApplicationSid: {}",
    21219: "The number {} is unverified. Trial accounts may only make calls to verified numbers.",
    21220: "Call is not in-progress. Cannot redirect.",
    21234: "MachineDetection is invalid: {}",
    21262: "AsyncAmdStatusCallback is required with AsyncAmd",
    21263: "{} is invalid: {}",
    21266: "'To' and 'From' number cannot be the same.",
    21401: "Invalid phone number: {}",
    21402: "{} is not a valid URL: {}",
    21403: "{} is not a valid HTTP method: {}",
    21405: "VoiceFallbackUrl is invalid without VoiceUrl",
    21406: "SmsFallbackUrl is invalid without SmsUrl",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {}.",
    21450: "Phone number already validated for your account: {}",
    21454: "CallDelay is invalid: {}",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: "The 'From' phone number {} is not a valid, SMS-capable inbound phone number or short code for your account.",
    21608: "The number {} is unverified. Trial accounts cannot send messages to unverified numbers.",
    21609: "{} is not a valid URL: {}",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "The 'From' number {} has exceeded the maximum number of queued messages",
    21612: "The message From/To pair violates a blacklist rule or the 'To' number {} is not reachable.",
    21614: "'To' number is not a valid mobile number: {}",
    21617: "The concatenated message body exceeds the 1600 character limit",
    21619: "A text message body or media urls must be specified.",
    21620: "Invalid media URL(s): {}",
    21623: "Number of media files exceeds allowed limit",
    21910: "Invalid From and To pair. From and To should be of the same channel",
    35114: "SendAt is out of range: {}",
    35118: "MessagingServiceSid is required to schedule a message",
}
"""What each code says, in the words of Twilio's error dictionary (https://www.twilio.com/docs/api/errors); `{}` are values."""

STATUSES: Mapping[int, int] = {
    20003: 401,
    20004: 405,
    20009: 409,
    20404: 404,
    20429: 429,
    20500: 500,
    20503: 503,
}
"""The HTTP status of a code where it is not 400."""
_LONGEST = 200  # letters of a value that is repeated in a message


class Refused(Exception):
    """A request that is answered with an error of Twilio's; its message names the values it is about."""

    def __init__(self, code: int, *values: str, status: int = 0) -> None:
        said = MESSAGES.get(code, "Request refused")
        self.code, self.status = code, status or STATUSES.get(code, 400)
        shown = [value[:_LONGEST] for value in values] or ["it"] * said.count("{}")  # a control names a code alone
        self.message = said.format(*shown)
        super().__init__(code, self.message)

    @property
    def body(self) -> dict[str, Any]:
        """What Twilio answers (Twilio, "Twilio's Response: Exceptions")."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }

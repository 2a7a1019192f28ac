"""Moves a live call to another document."""

from typing import TYPE_CHECKING

from engine.account.calls import CallState

if TYPE_CHECKING:  # it takes a second to import
    from twilio.rest import Client


def move(client: "Client", sid: str, url: str) -> CallState:
    """Has a live call go on with the document at `url`, asked by POST, at once (Twilio, "Modify calls in progress").

    Raises what the `twilio` library or the network raises; for a call that is not in progress Twilio's error 21220.
    """
    return CallState.of(client.calls(sid).update(url=url, method="POST"))

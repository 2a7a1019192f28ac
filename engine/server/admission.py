"""Lets in what Twilio signed, and says in the log why it refuses anything else."""

import logging
from collections.abc import Mapping
from time import monotonic

from starlette.types import Scope

from engine.server.form import Form
from engine.server.pages import Rejected
from engine.server.settings import Settings
from engine.server.signature import Judge, Refusal
from engine.server.sparing import Sparing

_SIGNATURE = b"x-twilio-signature"
_SIGNATURE_SETTINGS = b"x-twilio-webhooks-signature-settings"

log = logging.getLogger("touchtone.server")


class Admission:
    """The check of signatures, by the tokens and keys of the settings; anybody is let in where the settings say so."""

    __slots__ = ("_judge", "_refusals")

    def __init__(self, settings: Settings) -> None:
        self._refusals = Sparing(log, monotonic)
        self._judge = None if settings.unsigned else Judge(settings.tokens, settings.shared_keys)

    def check_headers(self, scope: Scope, headers: Mapping[bytes, bytes], address: str) -> None:
        """Raises Rejected (403) where the headers alone say that Twilio did not sign: then no field of the body is read."""
        if self._judge is not None:
            found = self._judge.secrets(headers.get(_SIGNATURE, b""), headers.get(_SIGNATURE_SETTINGS, b""))
            if isinstance(found, Refusal):
                raise self.refused(scope, address, found)

    def check(
        self, scope: Scope, headers: Mapping[bytes, bytes], address: str, query: bytes, sent: Form | bytes
    ) -> None:
        """Raises Rejected (403) if Twilio did not sign the request.

        `address` is that of the request as Twilio knows it, without its `query`; `sent` its form (an empty one of a GET), or the bytes
        of a body that is no form.
        """
        if self._judge is None:
            return
        url = f"{address}?{query.decode('latin-1')}" if query else address
        signature = headers.get(_SIGNATURE, b"")
        refusal = self._judge.refusal(url, sent, signature, headers.get(_SIGNATURE_SETTINGS, b""))
        if len(headers) != len(scope["headers"]):
            names = [name for name, _ in scope["headers"]]
            if names.count(_SIGNATURE) > 1 or names.count(_SIGNATURE_SETTINGS) > 1:
                refusal = Refusal.REPEATED
        if refusal is not None:
            raise self.refused(scope, address, refusal)

    def is_signed(self, headers: Mapping[bytes, bytes], address: str, query: bytes, sent: Form | bytes) -> bool:
        """Whether Twilio signed the request as one to this address, as `check` judges it; True where anybody is let in."""
        if self._judge is None:
            return True
        url = f"{address}?{query.decode('latin-1')}" if query else address
        found = self._judge.refusal(url, sent, headers.get(_SIGNATURE, b""), headers.get(_SIGNATURE_SETTINGS, b""))
        return found is None

    def refused(self, scope: Scope, address: str, why: str) -> Rejected:
        """The rejection of a request; the log says why, without the query, which may tell who called."""
        self._refusals.warning("refused a %s of %r: %s", scope.get("method", "WEBSOCKET"), address[:300], why)
        return Rejected(403, "This request was not signed by Twilio")

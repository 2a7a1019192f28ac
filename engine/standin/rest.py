"""Answers requests to the REST API: who asks, what for, and what comes of it."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.server.form import Form
from engine.standin import calls, numbers, texts
from engine.standin.answers import balance_json, resource_json
from engine.standin.description import VERSION, Operation, ResourcePath, operations, read_path
from engine.standin.driving import Driver, Order
from engine.standin.limits import Limits
from engine.standin.listing import page_json
from engine.standin.parameters import read_order, read_query
from engine.standin.records import Records, Table
from engine.standin.refusal import Refused
from engine.standin.resources import ApplicationResource, CallResource, MessageResource, NumberResource, Resource


class Answer(NamedTuple):
    """An HTTP status and the JSON to send with it; None for nothing."""

    status: int
    body: Any = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its method, path, query, the form in its body, and its Authorization header."""

    method: str
    path: str
    query: Form
    form: Form
    authorization: str = ""


class RestApi:
    """The REST API of one account."""

    def __init__(self, records: Records, driver: Driver, limits: Limits) -> None:
        self._records, self._driver, self._limits = records, driver, limits

    def answer(self, asked: Asked) -> Answer:
        """What Twilio answers; never raises."""
        try:
            self._limits.take()
            self.admit(asked.authorization)
            return self._answer(asked)
        except Refused as refused:
            self._records.note(f"refused  {asked.method} {_end(asked.path)}: {refused.code} {refused.message}")
            return Answer(refused.status, refused.body)

    def admit(self, authorization: str) -> None:
        """Raises Refused unless the header names the account with its token, or its API key with the secret."""
        account = self._records.account
        scheme, _, coded = authorization.partition(" ")
        try:
            user, colon, password = base64.b64decode(coded.strip(), validate=True).partition(b":")
        except (binascii.Error, ValueError):
            user, colon, password = b"", b"", b""
        known = [(account.sid, account.auth_token), (account.api_key, account.api_secret)]
        if not (scheme.lower() == "basic" and colon) or not any(
            name and word and hmac.compare_digest(user, name.encode()) & hmac.compare_digest(password, word.encode())
            for name, word in known
        ):
            raise Refused(20003)

    def _answer(self, asked: Asked) -> Answer:
        path = read_path(asked.path)
        if path is None or path.account != self._records.account.sid:
            raise Refused(20404, asked.path)
        known = operations().get((path.kind, bool(path.sid)))
        if known is None:
            raise Refused(20404, asked.path)
        operation = known.get(asked.method)
        if operation is None:
            raise Refused(20004)
        query = read_query(operation, asked.query)
        order, ignored = read_order(operation, asked.form)
        if ignored:
            self._records.note(f"ignored, as by Twilio: unknown parameter {', '.join(sorted(set(ignored))[:5])}")
        if not path.sid:
            return self._answer_all(operation, query, order, asked.path)
        if path.kind == "Accounts":
            return Answer(operation.status, self._json(self._records.account, operation))
        return self._answer_one(operation, path, order, asked.path)

    def _answer_all(self, operation: Operation, query: Mapping[str, str], order: Order, path: str) -> Answer:
        """About all resources of a kind: a list, or a new one."""
        records = self._records
        match operation.kind, operation.method:
            case "Balance", _:
                return Answer(operation.status, balance_json(records.account))
            case "Calls", "POST":
                made: Resource = calls.create_call(records, self._driver, order)
            case "Messages", "POST":
                made = texts.create_message(records, self._driver, order)
            case "Applications", "POST":
                made = numbers.create_application(records, order)
            case "OutgoingCallerIds", "POST":
                return Answer(operation.status, numbers.request_validation(records, self._driver, order))
            case _:
                found = self._table(operation.kind).all()
                return Answer(operation.status, page_json(found, operation, query, path, records.base))
        return Answer(operation.status, self._json(made, operation))

    def _answer_one(self, operation: Operation, path: ResourcePath, order: Order, written: str) -> Answer:
        """About one resource: what it is, a change, or its end."""
        records = self._records
        table = self._table(path.kind)
        found = table.get(path.sid)
        if found is None:
            raise Refused(20404, written)
        if operation.method == "DELETE":
            table.drop(path.sid)
            records.note(f"{path.sid[:8]}  is deleted from {path.kind}", path.sid)
            return Answer(operation.status)
        if operation.method == "POST":
            match found:
                case CallResource():
                    found = calls.update_call(records, self._driver, found, order)
                case MessageResource():
                    found = texts.update_message(records, found, order)
                case NumberResource():
                    found = numbers.update_number(records, found, order)
                case ApplicationResource():
                    found = numbers.update_application(records, found, order)
        return Answer(operation.status, self._json(found, operation))

    def _json(self, one: Resource, operation: Operation) -> dict[str, Any]:
        return resource_json(one, operation, self._records.base)

    def _table(self, kind: str) -> Table[Any]:
        records = self._records
        tables: Mapping[str, Table[Any]] = {
            "Calls": records.calls,
            "Messages": records.messages,
            "IncomingPhoneNumbers": records.numbers,
            "OutgoingCallerIds": records.caller_ids,
            "Applications": records.applications,
            "Recordings": records.recordings,
        }
        return tables[kind]


def _end(path: str) -> str:
    """The part of a path below the account, for people."""
    return path.removeprefix(f"/{VERSION}/Accounts/").partition("/")[2].removesuffix(".json") or path

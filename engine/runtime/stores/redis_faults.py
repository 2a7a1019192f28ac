"""Says in plain words what went wrong with a Redis, and whether it may pass by itself."""

import os
import re
import ssl
from collections.abc import Callable
from typing import NamedTuple

from redis import exceptions as known

_CLUSTER_DOWN = (known.ClusterDownError, known.MasterDownError, known.TryAgainError)
_BEFORE = re.compile(r"^(@?user_script:\s*\d+:\s*)?-?")
LOST, AWAY = "the connection was lost", "it cannot be reached"
_LONGEST = 200  # characters of what a server answered


class Trouble(NamedTuple):
    """`passing` if the same may work in a moment; `why` ends a sentence about the server."""

    passing: bool
    why: str


def trouble(fault: BaseException) -> Trouble:
    """What an exception of redis-py, of the system or of TLS means."""
    if isinstance(
        fault, known.AuthenticationError | known.AuthorizationError | known.AuthenticationWrongNumberOfArgsError
    ):
        return Trouble(False, "it refuses the name and password of the URL, or wants some (redis://NAME:PASSWORD@host)")
    if isinstance(fault, known.NoPermissionError):
        return Trouble(False, f"it does not permit all that a store does: {_answer(fault)}")
    if isinstance(fault, known.BusyLoadingError):
        return Trouble(True, "it is still reading its data")
    if isinstance(fault, known.ReadOnlyError):
        return Trouble(True, "it is a replica, which cannot be written")
    if isinstance(fault, _CLUSTER_DOWN):
        return Trouble(True, f"a part of the cluster is not served: {_answer(fault)}")
    if isinstance(fault, known.MovedError | known.AskError):
        return Trouble(False, "it is part of a cluster: write redis+cluster:// before its address")
    if isinstance(fault, known.OutOfMemoryError):
        return Trouble(False, "its memory is full")
    if isinstance(fault, known.TimeoutError | TimeoutError):
        return Trouble(True, "it did not answer in time")
    if isinstance(fault, known.ConnectionError | OSError):
        return _unconnected(fault)
    if isinstance(fault, known.RedisClusterException):
        return _no_cluster(fault)
    if isinstance(fault, known.ResponseError):
        return Trouble(False, f"it answered: {_answer(fault)}")
    return Trouble(False, _answer(fault))


def named(answer: str) -> Exception:
    """The exception for an error that a script caught, whose first word says which; servers differ in what stands before it."""
    text = _BEFORE.sub("", answer).strip()
    kinds: dict[str, Callable[[str], Exception]] = {
        "READONLY": known.ReadOnlyError,
        "OOM": known.OutOfMemoryError,
        "NOPERM": known.NoPermissionError,
        "LOADING": known.BusyLoadingError,
        "MASTERDOWN": known.ClusterDownError,
        "CLUSTERDOWN": known.ClusterDownError,
    }
    if "user" in text.lower() and ("can't run" in text or "no permissions" in text):
        return known.NoPermissionError(text)
    return kinds.get(text.partition(" ")[0], known.ResponseError)(text)


def _unconnected(fault: BaseException) -> Trouble:
    cause: BaseException | None = fault
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Trouble(False, f"its certificate is refused: {cause.verify_message}")
    if isinstance(cause, ssl.SSLError):
        return Trouble(False, f"TLS cannot be agreed on: {(cause.reason or 'unknown').lower().replace('_', ' ')}")
    if type(fault).__name__ == "MasterNotFoundError":
        return Trouble(True, f"{AWAY}: none of the sentinels answers and knows a server of that name that is well")
    if isinstance(cause, ConnectionResetError | BrokenPipeError):
        return Trouble(True, LOST)
    if isinstance(cause, OSError) and cause.errno is not None and cause.errno > 0:
        return Trouble(True, f"{AWAY}: {os.strerror(cause.errno).lower()}")
    if isinstance(cause, OSError) and cause.strerror:
        return Trouble(True, f"{AWAY}: {cause.strerror.lower()}")
    return Trouble(True, LOST)


def _no_cluster(fault: known.RedisClusterException) -> Trouble:
    if fault.__cause__ is not None:
        return trouble(fault.__cause__)
    if "Cluster mode is not enabled" in str(fault):
        return Trouble(False, "it is no cluster: write redis:// before its address")
    return Trouble(True, "a part of the cluster is not served")


def _answer(fault: BaseException) -> str:
    """The words of a server; not the arguments that it may repeat, which are a caller's."""
    text = str(fault).partition(", with args")[0][:_LONGEST]
    return text if text.isprintable() else ascii(text)

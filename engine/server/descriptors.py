"""Watches over the file descriptors, of which each connection takes one."""

import errno
import logging
import os
from contextlib import suppress

try:
    import resource
except ImportError:  # Windows, which has no such limit
    resource = None  # type: ignore[assignment]

ENOUGH = 65_536

log = logging.getLogger("touchtone.server")


class Descriptors:
    """Takes as many as the system allows, and says in one line of the log that they have run out, in another that they have not.

    A server without any accepts nobody; neither asyncio nor libuv says so in a way that can be read.
    """

    __slots__ = ("_out",)

    def __init__(self) -> None:
        self._out = False
        if resource is not None:
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
            if soft != resource.RLIM_INFINITY and soft < wanted:
                with suppress(OSError, ValueError):
                    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

    def look(self) -> None:
        """Looks whether there is one left; to be called about once a second."""
        try:
            os.close(os.open(os.devnull, os.O_RDONLY))
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE) and not self._out:
                self._out = True
                log.error(
                    "no file descriptors are left%s: new connections are refused until others are closed; "
                    "raise the limit (ulimit -n), or limit connections in the proxy",
                    f" ({resource.getrlimit(resource.RLIMIT_NOFILE)[0]} are allowed)" if resource else "",
                )
            return
        if self._out:
            self._out = False
            log.warning("file descriptors are free again: new connections are accepted")

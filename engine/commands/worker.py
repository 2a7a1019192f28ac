"""One worker of `touchtone serve --workers N`; its supervisor starts this file with the numbers of two descriptors."""

import logging
import signal
import socket
import sys
from multiprocessing.connection import Connection


def main() -> None:
    """Works for whoever is at the other end of the first descriptor, on the listening socket that is the second."""
    # What a terminal says reaches every process in it. The supervisor reads the flows anew; and until there is a server here that
    # can end in good order, only its word ends this one.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    supervisor, listener = Connection(int(sys.argv[1])), socket.socket(fileno=int(sys.argv[2]))
    try:
        # Before anything of ours is imported: it comes from where the supervisor has it from.
        sys.path[:] = supervisor.recv()
        start = supervisor.recv()
    except (EOFError, OSError):
        return  # the supervisor is gone

    from engine.commands import common
    from engine.server.worker import work

    common.log_to_stderr(start.settings, f"worker {start.number}: ")
    outside = common.outside(start.folder, start.settings, handed=True)
    work(start, supervisor, listener, outside, clock=common.utc_now, api=common.api(start.settings))


if __name__ == "__main__":
    logging.captureWarnings(True)
    main()

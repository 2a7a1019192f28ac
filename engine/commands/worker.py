"""One worker of `touchtone serve --workers N`; its supervisor starts it with the numbers of two descriptors."""

import logging
import signal
import socket
import sys
from multiprocessing.connection import Connection

from engine.commands import common


def main() -> None:
    """Works for whoever is at the other end of the first descriptor, on the listening socket that is the second."""
    # What a terminal says reaches every process in it. The supervisor reads the flows anew; and until there is a server here that
    # can end in good order, only its word ends this one.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    supervisor, listener = Connection(int(sys.argv[1])), socket.socket(fileno=int(sys.argv[2]))
    start = supervisor.recv()
    common.log_to_stderr(start.settings, f"worker {start.number}: ")

    from engine.server.worker import work

    work(start, supervisor, listener, common.outside(start.folder, start.settings), clock=common.utc_now)


if __name__ == "__main__":
    logging.captureWarnings(True)
    main()

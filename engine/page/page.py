"""The page of `touchtone dev`: served beside the flows, on a port of this machine of its own."""

import secrets
import socket

from engine.page.app import page_app
from engine.page.desk import PageDesk
from engine.page.kept_key import kept_key
from engine.server.beside import Beside


class Page:
    """Serves the page on a listening socket from `start` to `stop`. Its `address` contains the token, and so gives access."""

    def __init__(self, desk: PageDesk, listener: socket.socket, *, token: str = "") -> None:
        self.desk = desk
        port = listener.getsockname()[1]
        token = token or secrets.token_urlsafe(18)
        self.origin = f"http://127.0.0.1:{port}"
        self.address = f"{self.origin}/?token={token}"
        self._beside = Beside(
            page_app(desk, token=token, key=kept_key(desk.folder), port=port),
            listener,
            name="touchtone page",
            opened=self._opened,
            closing=desk.hub.close,
        )

    async def _opened(self) -> None:
        self.desk.hub.open()

    def start(self) -> bool:
        """Starts serving; False if that failed, with the reason in the log."""
        return self._beside.start()

    def end(self) -> None:
        """Closes the connections of browsers, without waiting."""
        self._beside.end()

    def stop(self) -> None:
        """Stops serving, and waits for that."""
        self._beside.stop()

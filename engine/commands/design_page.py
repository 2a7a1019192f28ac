"""Opens the page of `touchtone dev` beside the server."""

import asyncio
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commands import common
from engine.commands.common import Failure

if TYPE_CHECKING:
    from engine.page.page import Page
    from engine.program.library import Library
    from engine.runtime.stores import Store
    from engine.server.loading import FolderLoader
    from engine.server.outside import Outside
    from engine.server.settings import Settings

HOST = "127.0.0.1"  # and never another: the page is for this machine only
PORT = 8001  # the first that is tried


def page_listener(port: int | None) -> socket.socket:
    """A socket for the page: at a port that was asked for, else from PORT on, else anywhere."""
    from engine.server.running import PortTaken, bind

    try:
        if port is not None:
            return bind(HOST, port, strict=True)
        try:
            return bind(HOST, PORT, strict=False)
        except PortTaken:
            return bind(HOST, 0, strict=True)
    except PortTaken as error:
        raise Failure(f"the page: {error}") from None


def design_page(
    flows: Path,
    settings: "Settings",
    *,
    library: "Library",
    loader: "FolderLoader",
    store: "Store",
    outside: "Outside",
    url: str,
    port: int | None,
) -> "Page":
    """The page of a folder, not yet started; `url` is where its flows are answered on this machine."""
    from engine.history.history import History
    from engine.page.desk import PageDesk
    from engine.page.page import Page
    from engine.phone.phone import ACCOUNT

    listener = page_listener(port)
    desk = PageDesk(
        folder=flows,
        library=library,
        loader=loader,
        store=store,
        settings=settings,
        outside=outside,
        now=common.utc_now,
        url=url,
        public_url=settings.public_url,
    )
    history = History(
        flows,
        library,
        clock=common.utc_now,
        secrets=outside.secrets,
        simulated=(ACCOUNT,),
        told=lambda summary: desk.hub.publish("call", summary),
        watched=lambda: desk.hub.watched,
    )
    desk.history = history
    desk.on_save.append(lambda saved: history.recorder.published(saved.program.version, saved.at))
    return Page(desk, listener)


def start_page(page: "Page | None") -> str:
    """Starts the page from within the loop of the server; its address, "" if there is none."""
    if page is None:
        return ""
    page.desk.main = asyncio.get_running_loop()
    return page.address if page.start() else ""

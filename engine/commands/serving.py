"""Serves a folder for `dev`, `serve`, and `demo`: flows, store, page, and banner together."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from engine.commands import common
from engine.commands.common import Failure


def serve_folder(
    flows: Path,
    settings: Any,
    *,
    follow: bool,
    page: bool = False,
    page_port: int | None = None,
    tunnel: str | None = None,
    opened: Callable[[str], None] = lambda address: None,
) -> None:
    """Serves the flows of a folder on a port until a signal ends it.

    `follow` is the mode of `dev`; `page` opens the design page beside it, at `page_port` if that is given; `tunnel` is the command of a
    tunnel to this port; `opened` is called with the address of the page, token included, once it answers. Raises Failure or Exit
    if it cannot start.
    """
    from engine.program.library import Library, load_sources
    from engine.runtime.stores import StoreError
    from engine.server.banner import Banner
    from engine.server.held import not_live
    from engine.server.loading import FolderLoader
    from engine.server.presence import Presence, local_url
    from engine.server.running import PortTaken, bind, run
    from engine.server.service import Service

    common.log_to_stderr(settings)
    loader = FolderLoader(flows, settings, strict=not follow)
    loaded = loader.load_whole()
    with suppress(OSError):  # a full disk is no reason not to answer calls
        common.show(loaded.report.diagnostics, err=True)
    readable = os.path.isdir(flows)
    if not readable or (loaded.program is None and not follow):
        raise click.exceptions.Exit(1 if readable else 2)
    program = loaded.program or load_sources({}, settings.env).program
    assert program is not None, "a project without flows has no errors"
    try:
        store = common.store(settings.store)
        listener = bind(settings.host, settings.port, strict=not follow)
    except (StoreError, PortTaken) as error:
        raise Failure(str(error)) from None
    led = None
    if tunnel is not None:
        from engine.commands.tunnel import lead_here

        led, settings = lead_here(tunnel, settings, listener.getsockname()[1])
        click.get_current_context().call_on_close(led.close)
    banner = Banner(flows, settings, listener.getsockname()[1], follow=follow)
    library = Library(program)
    library.publish(program)
    outside = common.outside(flows, settings)
    if outside.problem and not follow:
        raise Failure(outside.problem)
    url = local_url(settings, listener.getsockname()[1])
    beside = None
    if page:
        from engine.commands.design_page import design_page, start_page

        beside = design_page(
            flows,
            settings,
            library=library,
            loader=loader,
            store=store,
            outside=outside,
            url=url,
            port=page_port,
        )
        if led is not None:
            led.tell(beside.desk.tunnel_ended)
    presence = Presence.of(flows, settings, listener.getsockname()[1], follow=follow)

    def show_presence() -> None:
        presence.show(library.current.flows, {one.file: not_live(one, flows) for one in loader.held})

    def started() -> None:
        banner.page = start_page(beside) if beside is not None else ""
        banner.show(library.current, loaded.report.diagnostics, loader.held)
        show_presence()
        if banner.page:
            opened(banner.page)

    def ended() -> None:
        presence.close()
        if beside is not None:
            beside.end()

    def reloaded(loaded: Any) -> None:
        show_presence()
        banner.reloaded(loaded)

    service = Service(
        flows,
        library,
        store,
        settings,
        follow=follow,
        told=reloaded,
        outside=outside,
        loader=loader,
        api=common.api(settings),
        clock=common.utc_now,
        following=beside.desk.take if beside is not None else None,
        recorder=beside.desk.history.recorder if beside is not None and beside.desk.history is not None else None,
    )
    try:
        run(
            service.app(),
            listener,
            grace=settings.grace,
            proxied=not settings.public_url,
            hung_up=None if follow else service.reload,
            started=started,
            ended=ended,
        )
    except StoreError as error:
        raise Failure(str(error)) from None
    finally:
        presence.close()
        if beside is not None:
            beside.stop()

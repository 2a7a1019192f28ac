"""The application of a folder of flows, for whoever serves it or mounts it in an application of their own."""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path

from engine.commands.common import api, outside, store, utc_now
from engine.diagnostics import Severity, render_text
from engine.program.library import Library, load_sources
from engine.program.workspace import Loaded
from engine.server.app import Application
from engine.server.dotenv import SettingsError, read_dotenv
from engine.server.held import not_live
from engine.server.listening import Listener
from engine.server.loading import FolderLoader
from engine.server.own_routes import Routes
from engine.server.service import Service
from engine.server.settings import KEPT, Settings, read_settings

OF_SERVERS = {"host", "port", "workers", "grace", "log_level"}  # what runs an application decides on these

log = logging.getLogger("touchtone")


def create_app(
    flows: Path | str = "flows",
    *,
    follow: bool = False,
    listeners: Sequence[Listener] = (),
    routes: Routes = (),
    **settings: object,
) -> Application:
    """The application that answers Twilio for a folder of flows: each flow at `/flows/NAME`, below the path it is mounted at.

    `settings` are those of `touchtone serve`, by the names of its flags (`public_url="https://example.com"`, `store=…`,
    `unsigned=True`); what is not given is read from the environment, then from `.env`. With `follow` the folder is watched as
    by `touchtone dev`, and flows with mistakes may come right later. `listeners` are told of each turn; `routes` are your own beside
    the flows, which answer only what Twilio signed unless they are `unsigned`.

    It opens its store with its lifespan, else with the first request. Raises ValueError for flows with errors and for routes at the
    addresses of flows, SettingsError for settings that cannot be used, and StoreError for a store that is none.
    """
    folder, known = Path(flows), _read(settings, production=not follow)
    known.demand_secrets("write unsigned=True")
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    strict = not follow
    loader = FolderLoader(folder, known, strict=strict)
    loaded = loader.load_whole()
    if loaded.program is None and strict:
        raise ValueError(f"the flows cannot be served:\n\n{render_text(loaded.report.diagnostics)}")
    told = partial(_tell, folder)
    told(loaded)
    program = loaded.program or load_sources({}, known.env).program
    assert program is not None, "a project without flows has no mistakes"
    world = outside(folder, known)
    if world.problem and strict:
        raise ValueError(world.problem)
    service = Service(
        folder,
        Library(program),
        store(known.store),
        known,
        follow=follow,
        told=told,
        outside=world,
        loader=loader,
        listeners=listeners,
        routes=routes,
        api=api(known),
        clock=utc_now,
    )
    return service.app()


def _tell(folder: Path, loaded: Loaded) -> None:
    """Logs the errors and warnings in a folder, and which of its files are not live for them."""
    for found in loaded.report.diagnostics:
        if found.severity is not Severity.HINT:
            log.warning("%s: %s", found.span.location, found.title)
    for held in loaded.held:
        log.warning("%s", not_live(held, folder))


def _read(given: dict[str, object], *, production: bool) -> Settings:
    """The settings that are given, else those of the environment, else those of `.env`; as for the commands."""
    for name in given.keys() - ({field.name for field in fields(Settings)} - OF_SERVERS):
        raise TypeError(f"create_app() got an unexpected keyword argument '{name}'")
    flags = {name: _said(name, value) for name, value in given.items()}
    try:
        return read_settings(flags, os.environ, read_dotenv(Path(".env")), **({"store": KEPT} if production else {}))
    except SettingsError as error:
        # The sentences speak of flags, which are arguments here.
        text = str(error)
        for name in given:
            text = text.replace(f"--{name.replace('_', '-')}", name)
        raise SettingsError(text) from None


def _said(name: str, value: object) -> object:
    """A setting as a flag would say it: of several values a list, of names with values pairs."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset) and all(isinstance(one, str) for one in value):
        return ",".join(sorted(value) if isinstance(value, set | frozenset) else value)
    if (
        name == "apps"
        and isinstance(value, Mapping)
        and all(isinstance(one, str) for pair in value.items() for one in pair)
    ):
        return ",".join(f"{key}={text}" if key else text for key, text in value.items())
    raise TypeError(f"create_app() takes {name} as a text or a list of texts, not as {type(value).__name__}")

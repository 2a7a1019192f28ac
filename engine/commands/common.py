"""What every subcommand shares: how it fails, how it shows findings, where settings come from."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from engine.diagnostics import Diagnostic, render_text, summary

FOLDER = click.Path(path_type=Path)


class Failure(click.ClickException):
    """The command could not do its work; the sentence says why. Exit status 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(f"touchtone: {self.message}", err=True)


def show(diagnostics: Iterable[Diagnostic], *, err: bool = False) -> None:
    """Prints findings and how many they are, in colours on a terminal."""
    found = tuple(diagnostics)
    if found:
        click.echo(render_text(found, colour=(sys.stderr if err else sys.stdout).isatty()), err=err)
        click.echo(summary(found), err=err)


def settings(**flags: object) -> Any:
    """The settings: flags, then the environment, then `.env`."""
    from engine.server.dotenv import SettingsError, read_dotenv
    from engine.server.settings import read_settings

    try:
        return read_settings(flags, os.environ, read_dotenv(Path(".env")))
    except SettingsError as error:
        raise Failure(str(error)) from None

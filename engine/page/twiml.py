"""Answers with the TwiML of a step."""

from starlette.routing import Route

from engine.page.desk import PageDesk


def routes(desk: PageDesk) -> list[Route]:
    """The addresses of this part."""
    return []

"""Answers for the telephone of the page."""

from starlette.routing import Route

from engine.page.desk import PageDesk


def routes(desk: PageDesk) -> list[Route]:
    """The addresses of this part."""
    return []

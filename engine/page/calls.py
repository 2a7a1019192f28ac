"""Answers for calls that were played: lists, timelines, counts, scripts made of them."""

from starlette.routing import Route

from engine.page.desk import PageDesk


def routes(desk: PageDesk) -> list[Route]:
    """The addresses of this part."""
    return []

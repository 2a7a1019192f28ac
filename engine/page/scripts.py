"""The call scripts of the project: which there are, and whether their calls go as written."""

from starlette.routing import Route

from engine.page.desk import PageDesk


def routes(desk: PageDesk) -> list[Route]:
    """The addresses of this part."""
    return []

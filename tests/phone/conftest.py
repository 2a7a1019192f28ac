"""A server made of given TwiML, and a phone that rings it."""

from collections.abc import Callable, Iterator, Mapping

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.phone import Conversation, Phone, PhoneCall, in_process

Page = str | Response | Callable[[Mapping[str, str]], "str | Response"]


class Site:
    """`pages` by path: verbs to be wrapped in a Response, an answer as it is, or a function of the parameters.

    A page that begins with `<?` or `<Response` is sent as written. Every other path answers with an empty document.
    """

    base = "https://example.com"

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self.pages = pages
        self.app = Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "POST"])])
        self.transport = in_process(self.app, self.base)
        self.phone = Phone(self.transport, base=self.base)

    async def answer(self, request: Request) -> Response:
        page = self.pages.get(request.url.path, "")
        if callable(page) and not isinstance(page, Response):
            page = page(
                {**request.query_params, **{name: str(value) for name, value in (await request.form()).items()}}
            )
        if isinstance(page, Response):
            return page
        body = page if page.startswith(("<?", "<Response")) else f"<Response>{page}</Response>"
        return Response(body, media_type="text/xml")

    def ring(self, path: str = "/", **how: object) -> PhoneCall:
        return self.phone.ring(path, **how)  # type: ignore[arg-type]

    def write(self, path: str = "/", **how: object) -> Conversation:
        return self.phone.write(path, **how)  # type: ignore[arg-type]


@pytest.fixture
def site() -> Iterator[Callable[..., Site]]:
    made: list[Site] = []

    def make(pages: Mapping[str, Page] | str) -> Site:
        made.append(Site({"/": pages} if isinstance(pages, str) else pages))
        return made[-1]

    yield make
    for each in made:
        each.transport.close()

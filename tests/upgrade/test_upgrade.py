"""What an earlier commit left under way goes on: its addresses, places, fingerprints, versions and pending effects keep their meaning.

`python -m tests.upgrade.record` made what is replayed here (see CONTRIBUTING.md).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.redis_server import RedisServer
from tests.upgrade.journal import Recorded, stories

STORIES = stories()


@pytest.fixture(scope="module", params=["sqlite", "redis"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """The store as it was kept."""
    held = Recorded()
    if request.param == "sqlite":
        path: Path = tmp_path_factory.mktemp("upgrade") / "sessions.sqlite"
        held.fill_sqlite(path)
    else:
        server: RedisServer = request.getfixturevalue("redis")
        held.fill_redis(server)
    with held:
        yield held


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_what_was_under_way_goes_on(recorded: Recorded, story) -> None:
    if recorded.only_some and not story.redis:
        assert recorded.session(story) is None
        return
    again, following = recorded.replay(story)
    assert again.answer == story.last.answer, "a request that Twilio repeats gets the answer of before"
    assert again.exchanges == ()
    for number, (came, was) in enumerate(zip(following, story.next, strict=True)):
        assert came.answer == was.answer, f"request {number}, {was.request.flow}/{was.request.step}"
        assert came.exchanges == was.exchanges, f"request {number} asks the same of the world"


def test_there_is_something_of_everything() -> None:
    """Calls, conversations, callbacks, subflows, pending effects, and requests of both channels."""
    with Recorded() as held:
        sessions = [session for story in STORIES if (session := held.session(story))]
    assert len(STORIES) > 30
    assert any(session.pending for session in sessions), "effects under way"
    assert any(session.question for session in sessions), "open questions"
    assert any(session.frames for session in sessions), "calls in subflows"
    every = [one.request for story in STORIES for one in story.next]
    assert {request.channel for request in every} >= {"voice", "messaging"}
    assert any("_c" in request.asked for request in every), "other legs and callbacks"
    assert any("_f" in request.asked for request in every), "addresses inside subflows"
    assert any(one.exchanges for story in STORIES for one in story.next)

"""What strangers send is remembered within bounds."""

import pytest

from engine.server import places
from engine.server.places import LONGEST_REMEMBERED, REMEMBERED, read_query


@pytest.mark.parametrize("query", [b"_a=0&_v=07b75db7&who=me", b"_a=0&who=" + b"x" * 1000])
def test_a_query_is_read_whether_it_is_remembered_or_not(query: bytes) -> None:
    asked, entry = read_query(query)
    assert asked["_a"] == "0"
    assert list(entry) == ["who"]


def test_queries_that_are_remembered_are_few_and_short() -> None:
    before = places._remembered.cache_info().misses
    for number in range(100):
        read_query(b"%d=" % number + b"x" * LONGEST_REMEMBERED)
    assert places._remembered.cache_info().misses == before
    read_query(b"_a=0&_v=00000000")
    assert places._remembered.cache_info().misses <= before + 1
    assert places._remembered.cache_info().maxsize == REMEMBERED
    assert LONGEST_REMEMBERED * REMEMBERED < 2_000_000

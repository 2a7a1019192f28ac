"""The one script that Redis runs: it reads sessions, and writes those that nobody else has written since."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import msgspec


class Step(NamedTuple):
    """What is asked of one session: to read it, or to write it if nobody else has since it was read.

    `key` is the name in Redis; `seen` the marks of the writes that were there when it was read; `mine` the mark of this
    write, empty to read; `text` the JSON to write, empty to drop the session; `life` the milliseconds until it expires.
    """

    key: bytes
    seen: str = ""
    mine: str = ""
    text: bytes = b""
    life: int = 0


class Found(NamedTuple):
    """What there is instead of what was to be written, or what was to be read: the session, and the marks of its latest writes."""

    session: bytes | None
    writes: bytes | None


# A write carries a mark of its own, and the session those of its latest writes: so a write whose answer was lost knows
# itself when it is tried again, even if others have written since.
SCRIPT = """
local answers, asked, from = {}, cmsgpack.unpack(ARGV[1]), 1
for number, key in ipairs(KEYS) do
  local seen, mine, life, size = unpack(asked[number])
  local text = string.sub(ARGV[2], from, from + size - 1)
  from = from + size
  local found = redis.pcall('HMGET', key, 'session', 'writes')
  if found.err then
    answers[number] = found.err
  elseif mine == '' then
    answers[number] = found
  else
    local writes = found[2] or ''
    if string.find(' ' .. writes .. ' ', ' ' .. mine .. ' ', 1, true) then
      answers[number] = 1
    elseif writes ~= seen then
      answers[number] = found
    else
      local marks = string.sub(mine .. ' ' .. writes, 1, 240)
      local done
      if text == '' then
        redis.pcall('HDEL', key, 'session')
        done = redis.pcall('HSET', key, 'writes', marks)
      else
        done = redis.pcall('HSET', key, 'session', text, 'writes', marks)
      end
      if type(done) == 'table' and done.err then
        answers[number] = done.err
      else
        redis.pcall('PEXPIRE', key, life)
        answers[number] = 1
      end
    end
  end
end
return answers
"""
SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


def words(steps: Sequence[Step]) -> tuple[int | bytes, ...]:
    """What the script is given: the number of keys, the keys, and all else in two pieces, since redis-py takes long over each word.

    The sessions stand in the second, one behind the other: what Redis unpacks cannot hold bytes.
    """
    asked = _pack([(step.seen, step.mine, step.life, len(step.text)) for step in steps])
    return len(steps), *[step.key for step in steps], asked, b"".join([step.text for step in steps])


_pack = msgspec.msgpack.encode

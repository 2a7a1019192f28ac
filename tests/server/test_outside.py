"""What flows reach in the world by the settings: hosts that are allowed, functions of the folder, and no secret in a log."""

import asyncio
import logging

import pytest

from engine.commands.common import utc_now
from engine.runtime.effects.allowed import Allowed
from engine.runtime.effects.effect import FunctionCall, HttpCall, Result, TextMessage
from engine.runtime.effects.secrets import MASK
from engine.server.outside import Outside
from engine.server.settings import Settings
from tests.runtime.effects.conftest import Shop, json_answer


def test_hosts_are_asked_that_the_settings_allow_and_no_others(tmp_path):
    async def play(*allowed):
        async with Shop([json_answer('{"name": "Ada"}')]) as shop:
            settings = Settings(allow_hosts=tuple(Allowed.read(f"{host}:{shop.port}") for host in allowed))
            outside = Outside(tmp_path, settings, clock=utc_now)
            result = await outside.world.perform(HttpCall("GET", shop.url("/", "127.0.0.1")))
            await outside.close()
            return result

    assert asyncio.run(play("127.0.0.1")).values["body"] == {"name": "Ada"}
    assert "TOUCHTONE_ALLOW_HOSTS does not name it" in asyncio.run(play("localhost")).problem
    assert "TOUCHTONE_ALLOW_HOSTS does not name it" in asyncio.run(play()).problem


def test_the_functions_of_the_folder_are_called_and_read_again(tmp_path):
    file = tmp_path / "functions.py"
    file.write_text("def f(): return 1")
    outside = Outside(tmp_path, Settings(), clock=utc_now)
    assert asyncio.run(outside.world.perform(FunctionCall("f", {}))).values == {"value": 1}
    file.write_text("def f(: return 2")
    assert outside.problem == ""
    assert "functions.py:1: SyntaxError" in outside.reload()
    assert outside.problem == outside.reload()
    assert asyncio.run(outside.world.perform(FunctionCall("f", {}))).values == {"value": 1}


def test_what_is_given_performs_the_rest(tmp_path):
    async def send(message):
        return Result("sent", {"sid": f"SM {message.to}"})

    outside = Outside(tmp_path, Settings(), {TextMessage: send}, clock=utc_now)
    message = TextMessage("+15550101", "Hello", (), "+15550100", "k")
    assert asyncio.run(outside.world.perform(message)).values == {"sid": "SM +15550101"}
    assert (
        "no account is set" in asyncio.run(Outside(tmp_path, Settings(), clock=utc_now).world.perform(message)).problem
    )


@pytest.mark.parametrize("name", ["touchtone", "touchtone.server"])
def test_while_it_is_open_no_secret_of_the_settings_is_logged(tmp_path, caplog, name):
    caplog.set_level(logging.INFO)
    settings = Settings(env={"API_TOKEN": "t0p-s3cret", "DEBUG": "1"}, tokens=("auth-token",), api_secret="api-secret")
    outside = Outside(tmp_path, settings, clock=utc_now)

    def told():
        logging.getLogger(name).info("%s, %s, %s, 1", "t0p-s3cret", "auth-token", "api-secret")
        return caplog.records[-1].getMessage()

    outside.open()
    assert told() == f"{MASK}, {MASK}, {MASK}, 1"
    asyncio.run(outside.close())
    assert told() == "t0p-s3cret, auth-token, api-secret, 1"

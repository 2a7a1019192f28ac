"""The pytest plugin in projects that are not as they should be: a sentence, never a stack, and nothing that colours the terminal."""

import pytest

import engine.testing.caller
import engine.testing.told  # noqa: F401

pytest_plugins = ("pytester",)

FLOW = "steps: {a: [{say: Hello.}]}\n"
SCRIPT = "flow: shop\ncalls: {a: [hear: Hello]}\n"
RINGS = 'def test_it(phone):\n    phone("shop")\n'


@pytest.fixture
def house(pytester: pytest.Pytester) -> pytest.Pytester:
    (pytester.mkdir("flows") / "shop.yaml").write_text(FLOW)
    return pytester


def run(house: pytest.Pytester, *words: str, **files: str) -> pytest.RunResult:
    for name, text in files.items():
        suffix = ".py" if name.startswith("test_") else ".yaml"
        (house.path / f"{name.replace('__', '.')}{suffix}").write_text(text)
    return house.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:hypothesispytest", *words)


def test_a_setting_that_cannot_be_read_is_one_sentence(house: pytest.Pytester) -> None:
    (house.path / ".env").write_text("TOUCHTONE_PORT=x\n")
    output = str(run(house, shop__calls=SCRIPT, test_rings=RINGS).stdout)
    assert output.count("TOUCHTONE_PORT is `x`: write the number of a port, from 0 to 65535") >= 1
    assert "plugin.py" not in output
    output = str(run(house, "test_rings.py").stdout)
    assert "TOUCHTONE_PORT is `x`" in output
    assert "Traceback" not in output
    assert "During handling" not in output
    assert "plugin.py" not in output


def test_a_setting_that_names_no_folder_is_told_with_its_name(house: pytest.Pytester) -> None:
    (house.path / "pytest.ini").write_text("[pytest]\ntouchtone_flows = nowhere\n")
    result = run(house, test_rings=RINGS)
    result.stdout.fnmatch_lines(["touchtone_flows names `nowhere`, and there is no folder *nowhere"])


def test_the_names_of_calls_move_no_cursor(house: pytest.Pytester) -> None:
    name = '"x\\e[31m\\ny\\x9b2J"'
    result = run(house, "-rA", shop__calls=f"calls:\n  {name}: [hear: Hello]\n  a{name[1:-1]}: [hear: nonsense]\n")
    assert "\x1b[31m" not in str(result.stdout)
    assert "\x9b" not in str(result.stdout)
    result.stdout.fnmatch_lines(["PASSED shop.calls.yaml::x\ufffd[[]31m y\ufffd2J"])

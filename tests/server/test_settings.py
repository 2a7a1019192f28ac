"""Settings come from the right place, and a mistake in one is told in one sentence without a secret in it."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnostics import Severity
from engine.runtime.effects.allowed import Allowed
from engine.server.dotenv import LARGEST, SettingsError, read_dotenv
from engine.server.keys import ApiKey
from engine.server.settings import Settings, read_settings
from engine.server.signature import SharedKey


def test_flags_come_before_the_environment_and_that_before_the_file() -> None:
    dotenv = {"TOUCHTONE_PORT": "1", "TOUCHTONE_HOST": "file", "TOUCHTONE_STORE": "file:"}
    environ = {"TOUCHTONE_PORT": "2", "TOUCHTONE_HOST": "environment"}
    settings = read_settings({"port": 3, "host": None}, environ, dotenv)
    assert (settings.port, settings.host, settings.store) == (3, "environment", "file:")


def test_nothing_said_gives_the_defaults() -> None:
    assert read_settings({}, {}, {}) == Settings()
    assert read_settings({}, {"TOUCHTONE_PORT": " ", "TOUCHTONE_PUBLIC_URL": ""}, {"TOUCHTONE_PORT": "9"}) == Settings()


def test_everything_can_be_said() -> None:
    environ = {
        "TOUCHTONE_PUBLIC_URL": "https://user:pass@example.com/twilio/#rc=2",
        "TOUCHTONE_STORE": "sqlite:///calls.db",
        "TWILIO_AUTH_TOKEN": "old, new",
        "TOUCHTONE_SHARED_KEYS": "K1=s3cr=t, K2:HMAC_SHA1=other",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_API_KEY": "SK" + "0" * 32,
        "TWILIO_API_SECRET": "key-secret",
        "TOUCHTONE_FROM": "+15550100",
        "TOUCHTONE_ALLOW_HOSTS": "localhost:8001, 10.0.0.0/8 *.internal",
        "TOUCHTONE_HOST": "0.0.0.0",
        "TOUCHTONE_PORT": "80",
        "TOUCHTONE_BODY_LIMIT": "2048",
        "TOUCHTONE_UNSIGNED": "Yes",
        "TOUCHTONE_ENV": "A, B",
        "TOUCHTONE_LOG_LEVEL": "DEBUG",
        "TOUCHTONE_GRACE": "2.5",
        "TOUCHTONE_WORKERS": "4",
        "A": "a",
        "C": "c",
    }
    assert read_settings({}, environ, {}) == Settings(
        public_url="https://example.com/twilio",
        store="sqlite:///calls.db",
        tokens=("old", "new"),
        shared_keys=(SharedKey("K1", "s3cr=t"), SharedKey("K2", "other", "HMAC_SHA1")),
        account_sid="AC" + "0" * 32,
        api_key="SK" + "0" * 32,
        api_secret="key-secret",
        from_="+15550100",
        allow_hosts=(Allowed("localhost", port=8001), Allowed.read("10.0.0.0/8"), Allowed("*.internal")),
        host="0.0.0.0",
        port=80,
        body_limit=2048,
        unsigned=True,
        env={"A": "a", "B": ""},
        log_level="debug",
        grace=2.5,
        workers=4,
    )


@pytest.mark.parametrize(
    ("variable", "text", "words"),
    [
        ("TOUCHTONE_PUBLIC_URL", "example.com", "lacks its scheme: write https://example.com"),
        ("TOUCHTONE_PUBLIC_URL", "me:SECRET@example.com", "lacks its scheme: write https://example.com"),
        ("TOUCHTONE_PUBLIC_URL", "ftp://example.com", "write https://example.com"),
        ("TOUCHTONE_PUBLIC_URL", "https://", "names no host"),
        ("TOUCHTONE_PUBLIC_URL", "https:///flows", "names no host"),
        ("TOUCHTONE_PUBLIC_URL", "https://my_host.example.com", "use a name like my-host.example.com"),
        ("TOUCHTONE_PUBLIC_URL", "https://example.com/?a=SECRET", "write https://example.com"),
        ("TOUCHTONE_PUBLIC_URL", "https://example.com:port", "is no address"),
        ("TOUCHTONE_PUBLIC_URL", "https://example.com:0", "names no host"),
        ("TOUCHTONE_PUBLIC_URL", "https://[::1", "is no address"),
        ("TOUCHTONE_PUBLIC_URL", "https://example.com/a b", "escaped"),
        ("TOUCHTONE_PUBLIC_URL", "https://caf\u00e9.example.com", "escaped"),
        (
            "TOUCHTONE_PUBLIC_URL",
            "https://example.com/flows/clinic",
            "the path of a flow, but flows come below it: write https://example.com",
        ),
        ("TOUCHTONE_PUBLIC_URL", "https://example.com/flows/", "write https://example.com"),
        ("TOUCHTONE_PUBLIC_URL", "https://example.com/twilio/flows", "write https://example.com/twilio"),
        ("TOUCHTONE_PUBLIC_URL", "https://example.com/flows/clinic/menu?Digits=SECRET", "write https://example.com"),
        ("TOUCHTONE_PUBLIC_URL", "https://example.com/flows?a=SECRET", "write https://example.com"),
        ("TOUCHTONE_PUBLIC_URL", "https://me:SECRET@example.com/a/flows/b", "write https://example.com/a"),
        ("TOUCHTONE_SHARED_KEYS", "SECRET", "entry 1: write KEYID=secret"),
        ("TOUCHTONE_SHARED_KEYS", "K=a,=SECRET", "entry 2: write KEYID=secret"),
        ("TOUCHTONE_SHARED_KEYS", "K:MD5=SECRET", "entry 1 an algorithm"),
        ("TOUCHTONE_SHARED_KEYS", "K=a,SECRET:x=y", "entry 2 an algorithm"),
        ("TOUCHTONE_SHARED_KEYS", "SECRET=a,SECRET=b", "its entry 2 twice"),
        ("TWILIO_ACCOUNT_SID", "SK0123", "begins with AC"),
        ("TWILIO_API_KEY", "SECRET", "begins with SK"),
        ("TOUCHTONE_ALLOW_HOSTS", "*", "`*`, which is no host: write hosts with commas between"),
        ("TOUCHTONE_ALLOW_HOSTS", "a.example, http://me:SECRET@b.example/", "`b.example/`, which is no host"),
        ("TOUCHTONE_ALLOW_HOSTS", "localhost:99999", "`localhost:99999`"),
        ("TOUCHTONE_PORT", "70000", "from 0 to 65535"),
        ("TOUCHTONE_PORT", "\u0661", "from 0 to 65535"),
        ("TOUCHTONE_BODY_LIMIT", "256kB", "a number of bytes"),
        ("TOUCHTONE_UNSIGNED", "perhaps", "true or false"),
        ("TOUCHTONE_ENV", "A,B-C", "`B-C`"),
        ("TOUCHTONE_ENV", "A,TWILIO_AUTH_TOKEN", "has TWILIO_AUTH_TOKEN, a secret that callers could be told"),
        ("TOUCHTONE_ENV", "TWILIO_AUTH_TOKEN_OLD", "leave it out"),
        ("TOUCHTONE_ENV", "TWILIO_TOKEN", "leave it out"),
        ("TOUCHTONE_ENV", "twilio_api_secret_2", "leave it out"),
        ("TOUCHTONE_ENV", "TOUCHTONE_SHARED_KEYS", "leave it out"),
        ("TOUCHTONE_ENV", "TOUCHTONE_STORE", "leave it out"),
        ("TOUCHTONE_LOG_LEVEL", "loud", "debug, info, warning, error"),
        ("TOUCHTONE_GRACE", "-1", "a number of seconds"),
        ("TOUCHTONE_WORKERS", "0", "a number of processes"),
        ("TOUCHTONE_HOST", "a\nb", "one line"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(variable: str, text: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({}, {variable: text}, {})
    sentence = str(caught.value)
    assert sentence.startswith(variable)
    assert words in sentence
    assert "\n" not in sentence
    assert "SECRET" not in sentence


@pytest.mark.parametrize(
    ("name", "text", "flag"),
    [
        ("public_url", "example.com", "--public-url is `example.com`, which lacks its scheme"),
        ("public_url", "https://example.com/flows/clinic", "--public-url has the path of a flow"),
        ("public_url", "ftp://example.com", "--public-url begins with `ftp:`"),
        ("port", "70000", "--port is `70000`"),
        ("host", "a\nb", "--host holds a control character"),
        ("store", "memory:\x00", "--store holds a control character"),
    ],
)
def test_a_mistake_in_a_flag_names_the_flag(name: str, text: str, flag: str) -> None:
    variable = f"TOUCHTONE_{name.upper()}"
    with pytest.raises(SettingsError) as caught:
        read_settings({name: text}, {variable: "whatever else"}, {})
    assert str(caught.value).startswith(flag)
    assert variable not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://example.com/workflows", "https://flows.example.com", "https://example.com/my-flows/x"]
)
def test_a_public_address_may_hold_the_word_flows(url: str) -> None:
    assert read_settings({"public_url": url}, {}, {}).public_url == url


@given(st.text(max_size=30))
def test_no_public_address_makes_the_reader_fail(text: str) -> None:
    try:
        settings = read_settings({"public_url": text}, {}, {})
    except SettingsError:
        return
    assert settings.public_url.lower().startswith("http") or not text.strip()


@pytest.mark.parametrize("variable", ["TWILIO_API_KEY", "TWILIO_API_SECRET"])
def test_an_api_key_has_two_halves(variable: str) -> None:
    with pytest.raises(SettingsError, match="TWILIO_API_KEY and TWILIO_API_SECRET belong together"):
        read_settings({}, {variable: "SK0123"}, {})


def test_commas_alone_are_no_tokens() -> None:
    assert read_settings({}, {"TWILIO_AUTH_TOKEN": " , ,"}, {}).tokens == ()


def test_secrets_never_show() -> None:
    environ = {"TWILIO_AUTH_TOKEN": "SECRET", "TOUCHTONE_SHARED_KEYS": "K=SECRET", "TOUCHTONE_ENV": "A", "A": "SECRET"}
    environ["TOUCHTONE_STORE"] = "redis://me:SECRET@host"
    environ |= {"TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "SECRET"}
    assert "SECRET" not in repr(read_settings({}, environ, {}))


def test_a_server_that_would_refuse_everybody_does_not_start() -> None:
    with pytest.raises(SettingsError, match=r"TWILIO_AUTH_TOKEN is not set: .*--unsigned"):
        Settings().demand_secrets()
    for settings in (Settings(tokens=("x",)), Settings(unsigned=True), Settings(shared_keys=(SharedKey("K", "x"),))):
        settings.demand_secrets()


class TestDotenv:
    @pytest.mark.parametrize(
        ("line", "value"),
        [
            ("A=b", "b"),
            ("  export A = b c  ", "b c"),
            ("A=", ""),
            ("A= # nothing", ""),
            ("A=b # a comment", "b"),
            ("A=b#c", "b#c"),
            ("A='b # c' # d", "b # c"),
            ('A="b \\"c\\" \\\\ \\n # d"', 'b "c" \\ \n # d'),
            ("A=''", ""),
            ("A=$HOME=x", "$HOME=x"),
            ("\ufeffA=b", "b"),
            ("A='b\nc'", "b\nc"),
            ("A=#b", "#b"),
            ("A = b = c", "b = c"),
        ],
    )
    def test_a_line(self, tmp_path: Path, line: str, value: str) -> None:
        file = tmp_path / ".env"
        file.write_text(f"{line}\n\n# B=c\n", encoding="utf-8")
        assert read_dotenv(file) == {"A": value}

    @pytest.mark.parametrize("line", ["SECRET", "A-B=SECRET", "A='SECRET", 'A="SECRET', "A='x' SECRET", "=SECRET"])
    def test_a_line_that_cannot_be_read_is_named_but_not_shown(self, tmp_path: Path, line: str) -> None:
        file = tmp_path / ".env"
        file.write_text(f"B=c\n{line}\n")
        with pytest.raises(SettingsError, match=r"\.env:2 cannot be read: write NAME=value") as caught:
            read_dotenv(file)
        assert "SECRET" not in str(caught.value)

    def test_the_last_of_two_lines_wins(self, tmp_path: Path) -> None:
        file = tmp_path / ".env"
        file.write_text("A=b\r\nA=c\r\n")
        assert read_dotenv(file) == {"A": "c"}

    def test_a_pipe_or_a_device_is_not_waited_for(self, tmp_path: Path) -> None:
        pipe, device = tmp_path / "pipe", tmp_path / "device"
        os.mkfifo(pipe)
        device.symlink_to("/dev/zero")
        for file in (pipe, device):
            with pytest.raises(SettingsError, match="cannot be read"):
                read_dotenv(file)

    def test_a_file_too_large_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / ".env"
        file.write_bytes(b"#" * (LARGEST + 1))
        with pytest.raises(SettingsError, match="larger than 1000 kB"):
            read_dotenv(file)

    def test_no_file_says_nothing(self, tmp_path: Path) -> None:
        assert read_dotenv(tmp_path / ".env") == {}

    def test_a_file_that_is_no_text_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / ".env"
        file.write_bytes(b"A=\xff")
        with pytest.raises(SettingsError, match="UTF-8"):
            read_dotenv(file)
        with pytest.raises(SettingsError, match="cannot be read"):
            read_dotenv(tmp_path)


@pytest.mark.parametrize(
    ("settings", "strict", "severity"),
    [
        ({}, False, Severity.HINT),
        ({}, True, Severity.WARNING),
        ({"tokens": "t"}, False, Severity.WARNING),
        ({"account_sid": "AC1"}, False, Severity.WARNING),
        ({"api_key": "SK1", "api_secret": "s"}, False, Severity.WARNING),
        ({"account_sid": "AC1", "tokens": "t"}, True, None),
        ({"account_sid": "AC1", "api_key": "SK1", "api_secret": "s"}, True, None),
    ],
)
def test_how_severe_a_send_without_an_account_is(
    settings: dict[str, str], strict: bool, severity: Severity | None
) -> None:
    assert read_settings(settings, {}, {}).unsent(strict=strict) is severity


HASH = "0" * 63 + "a"


def test_keys_of_programs_are_hashes_with_a_name_and_flows():
    read = read_settings({}, {"TOUCHTONE_API_KEYS": f"backend:{HASH}, shop:{HASH}:clinic+orders"}, {})
    assert read.api_keys == (ApiKey("backend", HASH), ApiKey("shop", HASH, frozenset({"clinic", "orders"})))
    assert [key.entry for key in read.api_keys] == [f"backend:{HASH}", f"shop:{HASH}:clinic+orders"]
    assert HASH not in repr(read)


@pytest.mark.parametrize(
    "text",
    [
        "tt_key-itself",
        f"a b:{HASH}",
        f"backend:{HASH[:-1]}",
        f":{HASH}",
        f"backend:{HASH}:",
        f"backend:{HASH}:+",
        f"backend:{HASH}:a+",
        f"backend:{HASH}:A",
    ],
)
def test_a_key_of_a_program_that_cannot_be_read_is_not_shown(text):
    with pytest.raises(SettingsError, match="TOUCHTONE_API_KEYS cannot be read at its entry") as refused:
        read_settings({}, {"TOUCHTONE_API_KEYS": text}, {})
    assert text not in str(refused.value)


def test_two_keys_of_programs_have_two_names():
    with pytest.raises(SettingsError, match="has the name `a` twice"):
        read_settings({}, {"TOUCHTONE_API_KEYS": f"a:{HASH},a:{HASH}"}, {})


@pytest.mark.parametrize("text", ["120", "0/minute", "x/minute", "10/week", "10 per minute"])
def test_how_often_a_program_may_ask_is_a_number_in_a_time(text):
    with pytest.raises(SettingsError, match="TOUCHTONE_API_RATE"):
        read_settings({}, {"TOUCHTONE_API_RATE": text}, {})
    assert read_settings({}, {"TOUCHTONE_API_RATE": "5/second"}, {}).api_rate == "5/second"

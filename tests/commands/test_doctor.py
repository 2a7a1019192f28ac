"""`touchtone doctor` prints a line for each check and its fix below, and never a secret."""

import json

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.commands.checkup import examine_store, file_system

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /mnt/shared\\040files nfs4 rw 0 0
tmpfs /mnt/shared\\040files/local tmpfs rw 0 0
"""
SECRETS = {"TWILIO_AUTH_TOKEN": "topsecrettoken,oldsecret", "TWILIO_API_SECRET": "keysecret"}
SENDS = "steps:\n  a:\n    - send: {to: '+15550101', body: Hi}\n"


@pytest.fixture
def doctor(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows/clinic.yaml").write_text("steps:\n  welcome:\n    - say: Hello.\n")

    def run(*words, status, **env):
        result = CliRunner().invoke(main, ["doctor", *words], env=env)
        assert result.exit_code == status, result.output
        assert not any(
            secret in result.output for value in env.values() for secret in value.split(",") if "secret" in secret
        )
        if "--json" not in words:
            assert all(len(line) <= 80 for line in result.output.splitlines())
        return result.output

    return run


def test_a_line_for_each_check_and_the_fix_below(doctor, standin):
    server = standin()
    lines = doctor(status=1, **server.settings(), TOUCHTONE_PUBLIC_URL="http://127.0.0.1:9").splitlines()
    assert lines[0].startswith("ok       account: AC")
    place = lines.index("error    public URL: http://127.0.0.1:9 cannot be reached: connection refused")
    assert lines[place + 1] == "         fix: start the server, or point the proxy or tunnel at its port"
    assert "ok       store: .touchtone/sessions.sqlite will be made by the server" in lines
    assert "ok       flows: flows: 1 flow, no errors or warnings" in lines
    assert lines[-1] == "5 ok, 1 warning, 1 error"


def test_it_says_the_same_to_programs(doctor, standin):
    server = standin()
    told = [json.loads(line) for line in doctor("--json", status=0, **server.settings()).splitlines()]
    assert {"check", "status", "text", "fix", "details"} == set(told[0])
    assert [one["check"] for one in told] == ["account", "clock", "public URL", "numbers", "store", "flows"]


def test_no_secret_is_printed(doctor, standin):
    keys = {"TWILIO_API_KEY": "SK" + "1" * 32, "TOUCHTONE_SHARED_KEYS": "KS1=sharedsecret"}
    for url in ("http://127.0.0.1:9", "http://me:urlsecret@127.0.0.1:9"):
        env = {**standin().settings(), **SECRETS, **keys, "TOUCHTONE_PUBLIC_URL": url}
        told = doctor(status=1, **env)
        assert "secret" not in told


def test_settings_that_cannot_be_read_are_a_finding(doctor):
    told = doctor(status=1, TOUCHTONE_PUBLIC_URL="https://my_host.example.com")
    assert told.startswith("error    settings: TOUCHTONE_PUBLIC_URL has an underscore in its host")


def test_flows_with_errors_and_texts_without_a_sender(doctor, tmp_path, standin):
    server = standin()
    (tmp_path / "flows/texts.yaml").write_text(SENDS)
    settings = {**server.settings(), "TOUCHTONE_FROM": ""}
    assert "`texts` sends texts without `from`" in doctor(status=0, **settings)
    assert "without `from`" not in doctor(status=0, **server.settings())
    (tmp_path / "flows/texts.yaml").write_text("steps: {a: [{redirect: nowhere}]}\n")
    assert "error    flows: flows: 1 error\n         fix: touchtone check flows" in doctor(
        status=1, **server.settings()
    )


def test_a_trial_account(doctor, standin):
    assert "warning  trial: a trial account" in doctor(status=0, **standin(trial=True).settings())


def test_a_store_is_written_to(tmp_path):
    (one,) = examine_store(f"sqlite:///{tmp_path}/new.sqlite")
    assert one.text == f"{tmp_path}/new.sqlite will be made by the server"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "new.sqlite").touch()
    (one,) = examine_store(f"sqlite:///{tmp_path}/new.sqlite")
    assert (one.status, one.text) == ("ok", f"{tmp_path}/new.sqlite opens and can be written to")
    (tmp_path / "bad.sqlite").write_text("no database" * 1000)
    (one,) = examine_store(f"sqlite:///{tmp_path}/bad.sqlite")
    assert one.status == "error"
    assert examine_store("memory:")[0].status == "warning"


def test_a_redis_that_is_not_there_is_said_without_its_password():
    (one,) = examine_store("redis://:redissecret@127.0.0.1:9/0")
    assert one.status == "error"
    assert "redissecret" not in str(one)


def test_a_redis_is_written_to(redis):
    (one,) = examine_store(redis.url("?prefix=doctor:"))
    assert (one.status, "opens and can be written to" in one.text) == ("ok", True)


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/mnt/shared files/kept.sqlite", "nfs4"),
        ("/mnt/shared files/local/kept.sqlite", "tmpfs"),
        ("/mnt/shared filesystem/kept.sqlite", "ext4"),
        ("/srv/kept.sqlite", "ext4"),
    ],
)
def test_the_file_system_of_a_path_is_known(tmp_path, place, kind):
    from pathlib import Path

    assert file_system(Path(place), MOUNTS) == kind
    assert file_system(Path(place), "") == ""


def test_a_network_file_system_is_warned_of(tmp_path, monkeypatch):
    monkeypatch.setattr("engine.commands.checkup.MOUNTS", tmp_path / "mounts")
    (tmp_path / "mounts").write_text(f"server:/x {tmp_path.resolve()} nfs rw 0 0\n")
    found = examine_store(f"sqlite:///{tmp_path}/kept.sqlite")
    assert [one.status for one in found] == ["warning", "ok"]
    assert "network file system (nfs)" in found[0].text


def test_help_fits_one_screen_and_shows_an_example():
    lines = CliRunner().invoke(main, ["doctor", "--help"]).output.splitlines()
    assert len(lines) <= 30
    assert all(len(line) <= 80 for line in lines)
    assert "  touchtone doctor" in lines

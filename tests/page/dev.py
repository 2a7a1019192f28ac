"""`touchtone dev` in a process of its own, with its page."""

import http.client
import json
import re
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Dev:
    """`touchtone dev` in a process of its own, and what it printed at its start."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        self.streams: list[Stream] = []
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "engine.cli", "dev", "--port", "0", *words],
                cwd=folder,
                env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.text = ""
        for line in self.process.stdout:
            self.text += line
            if "Ctrl-C" in line:
                break
        found = re.search(r"Design page: (http://127\.0\.0\.1:(\d+)/\?token=(\S+))", self.text)
        self.address, self.port, self.token = (found[1], int(found[2]), found[3]) if found else ("", 0, "")
        self.flows = int(re.search(r"http://127\.0\.0\.1:(\d+)/flows/", self.text)[1])

    def cookie(self) -> str:
        answer, _ = self.ask(f"/?token={self.token}")
        return answer.getheader("set-cookie").partition(";")[0]

    def ask(self, path: str, port: int = 0, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=10)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer, body

    def listen(self) -> "Stream":
        self.streams.append(Stream(self))
        return self.streams[-1]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        for stream in self.streams:
            stream.file.close()
            stream.socket.close()


class Stream:
    """A browser that listens."""

    def __init__(self, dev: Dev) -> None:
        self.socket = socket.create_connection(("127.0.0.1", dev.port), timeout=10)
        head = f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{dev.port}\r\nCookie: {dev.cookie()}\r\n\r\n"
        self.socket.sendall(head.encode())
        self.file = self.socket.makefile("rb")

    def state(self) -> dict:
        """The next state that is told."""
        for line in self.file:
            if line.startswith(b"data: "):
                return json.loads(line.removeprefix(b"data: "))
        raise AssertionError("the stream ended")

    def until(self, what) -> dict:
        while not what(state := self.state()):
            pass
        return state

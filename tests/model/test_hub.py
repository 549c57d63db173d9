"""The hub as a source: its real client against a small server that speaks as much of the hub's protocol as it needs."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytest.importorskip("huggingface_hub")

WHOLE = b"GGUF" + bytes(range(256)) * 4096
COMMIT = "0" * 40
CODE = """
import sys
from pathlib import Path
from llm_kernel.model.sources import Weights, Unavailable, from_hub
weights = Weights("Small", "small.gguf", int(sys.argv[2]), "", "someone/small", ())
try:
    got = from_hub(weights, Path(sys.argv[1]), lambda done, total: None)
    print(got.stat().st_size)
except Unavailable as error:
    print(error)
"""


class Hub(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    missing = False

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, *, body: bool) -> None:
        if self.path != "/someone/small/resolve/main/small.gguf" and COMMIT not in self.path:
            data = json.dumps({"error": "not found"}).encode()
            self.reply(404, data if body else b"", len(data), {"X-Error-Code": "EntryNotFound"})
            return
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0] or 0)
        headers = {"ETag": f'"{hashlib.sha256(WHOLE).hexdigest()}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(WHOLE) - 1}/{len(WHOLE)}"
        self.reply(206 if start else 200, WHOLE[start:] if body else b"", len(WHOLE) - start, headers)

    def reply(self, status: int, data: bytes, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(length)}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def ask(hub: str, folder: Path, *, code: str = CODE) -> str:
    environment = {**os.environ, "HF_ENDPOINT": hub, "HF_HOME": str(folder / "home"), "HF_HUB_DISABLE_XET": "1"}
    command = [sys.executable, "-c", code, str(folder), str(len(WHOLE))]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_file_comes_from_the_hub(hub: str, tmp_path: Path) -> None:
    assert ask(hub, tmp_path) == f"{len(WHOLE)}\n"
    assert (tmp_path / "hub" / "small.gguf").read_bytes() == WHOLE


def test_a_file_the_hub_does_not_have_is_told(hub: str, tmp_path: Path) -> None:
    told = ask(hub, tmp_path, code=CODE.replace('"small.gguf"', '"other.gguf"'))
    assert told.startswith("the hub: ")
    assert "404" in told

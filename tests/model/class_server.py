"""``llm-kernel serve`` with a scripted server in the place of the weights; takes a folder and the lesson as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from llm_kernel.model.classroom import Lesson, serve
from tests.endpoint import Endpoint


class Scripted:
    """Listens as the model's own server does."""

    def __init__(self, path: Path, key: str, name: str, cache: str) -> None:
        self.endpoint = Endpoint(lambda _: "hello\n", model=name, key=key, delay=0.01).__enter__()

    @property
    def listening_address(self) -> str:
        return self.endpoint.base_url.removesuffix("/v1")


if __name__ == "__main__":
    folder, lesson = Path(sys.argv[1]), json.loads(sys.argv[2])
    weights = folder / "tiny.gguf"
    weights.touch()
    kept = {"model": str(weights), "cache": str(folder / "cache"), "runtime": str(folder / "run")}
    sys.exit(serve(Lesson(**kept, **lesson), lambda text: print(text, end="", flush=True), Scripted))

"""A server with the embedded one's habits (lock, note, leaving when idle) and a scripted model; takes its options.

LLM_KERNEL_TEST_SERVE tells it how: "die" ends at once; "fail" leaves a note of failure; "fetch" fetches first.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from filelock import Timeout

from llm_kernel.model.note import Note, Post
from tests.endpoint import Endpoint


def main() -> int:
    parser = argparse.ArgumentParser()
    for option in ("--model", "--cache", "--runtime"):
        parser.add_argument(option, default="")
    parser.add_argument("--idle", type=float, default=15.0)
    args = parser.parse_args()
    how = os.environ.get("LLM_KERNEL_TEST_SERVE", "")
    if how == "die":
        print("illegal instruction", flush=True)
        return 3
    post = Post(args.model, cache=args.cache, runtime=args.runtime)
    try:
        with post.life.acquire(timeout=5):
            return serve(post, how, args.idle * 60)
    except Timeout:
        return 0


def serve(post: Post, how: str, idle: float) -> int:
    if how == "fail":
        post.write(Note("failed", os.getpid(), message="The weights are wrong."))
        return 1
    if how == "fetch":
        post.write(Note("fetching", os.getpid(), done=10, total=20))
        time.sleep(0.3)
    key = f"secret-of-{os.getpid()}"
    with Endpoint(["hello\n"], model="fake", key=key) as endpoint:
        post.write(Note("ready", os.getpid(), endpoint.base_url, key, "fake"))
        seen, since = 0, time.monotonic()
        while time.monotonic() - since < idle:
            time.sleep(0.02)
            if len(endpoint.requests) != seen:
                seen, since = len(endpoint.requests), time.monotonic()
        post.clear()
    return 0


if __name__ == "__main__":
    sys.exit(main())

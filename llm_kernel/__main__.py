"""``python -m llm_kernel -f FILE`` runs a kernel, as the kernelspec asks; all else is the command ``llm-kernel``."""

from __future__ import annotations

import os
import sys


def _main() -> int:
    # Python puts the notebook's folder on the import path, where a user's ``json.py`` would hide the real one.
    # ``os`` is loaded by then; ``pathlib`` may not be.
    if sys.path and os.path.abspath(sys.path[0]) == os.getcwd():  # noqa: PTH100, PTH109
        del sys.path[0]
    if any(word == "-f" or word.startswith("--f=") for word in sys.argv[1:]):
        from llm_kernel import app

        app.main()
        return 0
    from llm_kernel import cli

    return cli.main()


if __name__ == "__main__":
    sys.exit(_main())

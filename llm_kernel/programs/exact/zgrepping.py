"""``zgrep``: a search in files that may be packed."""

from __future__ import annotations

import re
import shlex

from llm_kernel.programs.table import NotExact, live
from llm_kernel.shell.call import Call, Io

__all__ = ["zgrep"]


@live("zgrep", "zegrep", "zfgrep")
async def zgrep(call: Call, io: Io) -> int:
    """Search in files that may be packed, as grep does in what is in them."""
    words, options, patterns = list(call.args), [], []
    while words and (words[0].startswith("-") and words[0] != "-"):
        word = words.pop(0)
        if word == "--":
            break
        options.append(word)
        if re.fullmatch(r"-[a-zA-Z]*[efmABC]", word) and words:
            patterns += [word] if word[-1] in "ef" else []
            options.append(words.pop(0))
    if call.run is None or any(re.match(r"-\w*[rR]|--(?:help|version|rec)", option) for option in options):
        raise NotExact(call.name)
    if not patterns and not words:
        raise NotExact(call.name)
    options += [] if patterns else ["-e", words.pop(0)]
    tool = {"zegrep": "grep -E", "zfgrep": "grep -F"}.get(call.name.rpartition("/")[2], "grep")
    search = f"{tool} {shlex.join(options)}"
    if not words:
        raise NotExact(call.name)
    worst = 1
    for name in words:
        shown = f" | sed {shlex.quote('s|^|' + name.replace('|', chr(92) + '|') + ':|')}" if len(words) > 1 else ""
        if any(re.fullmatch(r"-[a-zA-Z]*l[a-zA-Z]*", option) for option in options):
            shown = f" | sed {shlex.quote('s|.*|' + name + '|')}"
        if not call.machine.files.exists(call.path(name)):
            await io.err(f"gzip: {name}: No such file or directory\n")
            worst = 2
            continue
        packed = call.machine.files.head(call.path(name))[:2] == b"\x1f\x8b"
        line = f"{'zcat' if packed else 'cat'} -- {shlex.quote(name)} | {search}"
        status = await call.run(f"{line}{shown}; (exit ${{PIPESTATUS[1]}})", io.out, io.err)
        worst = 2 if status > 1 else min(worst, status) if worst < 2 else worst
    return worst

"""``mktemp``: files and directories under names that nobody has."""

from __future__ import annotations

import posixpath
import random
import string
from dataclasses import dataclass
from zlib import crc32

from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["mktemp"]

_MKTEMP = Options(
    "d,directory u,dry-run q,quiet suffix= p= tmpdir? t",
    usage="[OPTION]... [TEMPLATE]",
    about="Create a temporary file or directory, safely, and print its name.",
    authors="Jim Meyering and Eric Blake",
)


@exact("mktemp")
def mktemp(call: Call) -> Answer:
    """Make a temporary file or directory under a name nobody has."""
    parsed = _MKTEMP.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    if len(parsed.operands) > 1:
        return _MKTEMP.refuse(call, "too many templates")
    place = _template(call, parsed)
    if isinstance(place, Answer):
        return Answer(status=place.status) if "quiet" in parsed else place
    return _Temporary(call, parsed, *place).answer()


@dataclass(frozen=True, slots=True)
class _Temporary:
    call: Call
    parsed: Parsed
    stem: str
    count: int
    tail: str

    def answer(self) -> Answer:
        files, what = self.call.machine.files, "directory" if "directory" in self.parsed else "file"
        try:
            files.listdir(self.call.path(posixpath.dirname(self.stem) or "."))
            return Answer(self._made(what) + "\n")
        except OSError as err:
            shown = said(f"{self.stem}{'X' * self.count}{self.tail}", self.call.env)
            if "quiet" in self.parsed:
                return Answer(status=1)
            return Answer(
                stderr=f"{self.call.name}: failed to create {what} via template {shown}: {err.strerror}\n", status=1
            )

    def _made(self, what: str) -> str:
        """The name of the new file or directory."""
        files, name = self.call.machine.files, self._free()
        path = self.call.path(name)
        if "dry-run" not in self.parsed and what == "directory":
            files.mkdir(path, parents=False)
            files.chmod(path, 0o700)
        elif "dry-run" not in self.parsed:
            files.write(path, b"", mode=0o600)
        return name

    def _free(self) -> str:
        files = self.call.machine.files
        seed = crc32(f"{self.call.machine.seed} {self.call.machine.clock.now} {self.stem}".encode())
        source = random.Random(seed)
        while True:
            middle = "".join(source.choices(string.ascii_letters + string.digits, k=self.count))
            name = f"{self.stem}{middle}{self.tail}"
            if not files.exists(self.call.path(name)):
                return name


def _template(call: Call, parsed: Parsed) -> tuple[str, int, str] | Answer:
    template = parsed.operands[0] if parsed.operands else "tmp.XXXXXXXXXX"
    suffix = parsed.value("suffix")
    head, tail = template, ""
    if suffix is None and "X" in template:
        end = template.rindex("X") + 1
        head, tail = template[:end], template[end:]
    elif suffix is not None and not template.endswith("X"):
        text = f"with --suffix, template {said(template, call.env)} must end in X"
        return Answer(stderr=f"{call.name}: {text}\n", status=1)
    stem = head.rstrip("X")
    count = len(head) - len(stem)
    if count < 3:
        return Answer(stderr=f"{call.name}: too few X's in template {said(template, call.env)}\n", status=1)
    folder = ""
    given = parsed.last("p", "tmpdir")
    if given or "t" in parsed or not parsed.operands:
        folder = parsed.value(given) or call.env.get("TMPDIR") or "/tmp"  # noqa: S108 - the machine's, not the host's
        if stem.startswith("/") and given:
            text = f"invalid template, {said(template, call.env)}; with --tmpdir, it may not be absolute"
            return Answer(stderr=f"{call.name}: {text}\n", status=1)
    return posixpath.join(folder, stem), count, tail + (suffix or "")

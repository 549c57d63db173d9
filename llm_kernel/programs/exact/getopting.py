"""``getopt``: a script's words put in order and quoted, as ``getopt_long`` takes them apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from llm_kernel.programs.options import Options
from llm_kernel.programs.table import exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["getopt"]

_GETOPT = Options(
    "a,alternative l,longoptions= n,name= o,options= q,quiet Q,quiet-output s,shell= T,test u,unquoted",
    usage="<optstring> <parameters>\n[options] [--] <optstring> <parameters>\n"
    "[options] -o|--options <optstring> [options] [--] <parameters>",
    about="Parse command options.",
    status=2,
    package="util-linux 2.38.1",
    ordered=True,
)
_ENHANCED, _WRONG = 4, 1


@dataclass(slots=True)
class _Reading:
    """The words as they are read: what was found, what stands alone, and what is wrong."""

    words: list[str]
    letters: str
    longs: dict[str, str]
    single: bool
    found: list[tuple[str, str | None]] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def read(self) -> None:
        """Take all words apart."""
        letters = self.letters.lstrip("+-")
        while self.words:
            word = self.words.pop(0)
            if word == "--":
                self.rest += self.words
                return
            if word.startswith("--") or (self.single and len(word) > 2 and word[0] == "-" and self._long(word[1:])):
                self._take_long(word.lstrip("-"))
            elif word.startswith("-") and word != "-":
                self._take_letters(word[1:], letters)
            elif self.letters.startswith("+"):
                self.rest += [word, *self.words]
                return
            elif self.letters.startswith("-"):
                self.found.append(("", word))
            else:
                self.rest.append(word)

    def _long(self, name: str) -> list[str]:
        name = name.partition("=")[0]
        return [name] if name in self.longs else [long for long in self.longs if long.startswith(name)]

    def _take_long(self, text: str) -> None:
        given, mark, value = text.partition("=")
        meant = self._long(given)
        if len(meant) != 1:
            many = "".join(f" '--{name}'" for name in meant)
            what = f"option '--{given}' is ambiguous; possibilities:{many}" if meant else ""
            self.wrong.append(what or f"unrecognized option '--{given}'")
            return
        name, takes = meant[0], self.longs[meant[0]]
        if mark and not takes:
            self.wrong.append(f"option '--{name}' doesn't allow an argument")
        elif takes == ":" and not mark and not self.words:
            self.wrong.append(f"option '--{name}' requires an argument")
        else:
            taken = value if mark else self.words.pop(0) if takes == ":" else ""
            self.found.append((f"--{name}", taken if takes else None))

    def _take_letters(self, bundle: str, letters: str) -> None:
        while bundle:
            letter, bundle = bundle[0], bundle[1:]
            at = letters.find(letter)
            if at < 0 or letter == ":":
                self.wrong.append(f"invalid option -- '{letter}'")
                continue
            takes = letters[at + 1 : at + 3]
            if not takes.startswith(":"):
                self.found.append((f"-{letter}", None))
                continue
            if not bundle and takes != "::" and not self.words:
                self.wrong.append(f"option requires an argument -- '{letter}'")
                return
            self.found.append((f"-{letter}", bundle or ("" if takes == "::" else self.words.pop(0))))
            return


@exact("getopt")
def getopt(call: Call) -> Answer:
    """Print the words in order; status 1 where one of them is wrong."""
    old = bool(call.args) and not call.args[0].startswith("-")
    parsed = _GETOPT.parse(call) if not old else None
    if isinstance(parsed, Answer):
        return parsed
    if parsed is not None and "test" in parsed:
        return Answer(status=_ENHANCED)
    words = list(parsed.operands if parsed else call.args)
    letters = parsed.value("options") if parsed else None
    if letters is None:
        if not words:
            return _GETOPT.refuse(call, "missing optstring argument")
        letters = words.pop(0)
    longs = ",".join(parsed.values("longoptions") if parsed else []).replace(" ", ",")
    names = {name.rstrip(":"): name[len(name.rstrip(":")) :] for name in longs.split(",") if name}
    reading = _Reading(words, letters, names, parsed is not None and "alternative" in parsed)
    reading.read()
    plain = parsed is None or "unquoted" in parsed
    text = " ".join(["", *_shown(reading.found, plain), "--", *(_quoted(word, plain) for word in reading.rest)])
    name = (parsed.value("name") if parsed else None) or "getopt"
    quiet = parsed is not None and "quiet" in parsed
    complaints = "" if quiet else "".join(f"{name}: {what}\n" for what in reading.wrong)
    silent = parsed is not None and "quiet-output" in parsed
    return Answer("" if silent else f"{text}\n", complaints, _WRONG if reading.wrong else 0)


def _shown(found: Sequence[tuple[str, str | None]], plain: bool) -> Iterator[str]:
    for name, value in found:
        if name:
            yield name
        if value is not None:
            yield _quoted(value, plain)


def _quoted(word: str, plain: bool) -> str:
    return word if plain else "'" + word.replace("'", "'\\''") + "'"

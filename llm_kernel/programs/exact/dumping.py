"""``xxd``, ``hexdump`` and ``hd``: bytes as numbers."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence

from llm_kernel.programs.feeding import fed, tell
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.table import live
from llm_kernel.shell.call import Answer, Call, Io

__all__ = ["hexdump", "xxd"]

_HEXDUMP = Options(
    "b,one-byte-octal c,one-byte-char C,canonical d,two-bytes-decimal e,format= n,length= o,two-bytes-octal s,skip="
    " v,no-squeezing x,two-bytes-hex X,one-byte-hex",
    usage="[options] <file>...",
    about="Display file contents in hexadecimal, decimal, octal, or ascii.",
)
_NAMED = {0: "\\0", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}
_ROW = 16
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)("?)')
_COUNTS = re.compile(r"(?<!\d)(\d+)?(?:/(\d+))?\Z")
_CONVERSION = re.compile(r"%([-#0 +]*(?:[1-9]\d*)?(?:\.\d+)?)(_[acpu][dox]?|[cdiouxXs%])")
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"', "r": "\r", "a": "\a", "0": "\0"}
_FLAGS = {"-p", "-ps", "-postscript", "-plain", "-r", "-revert", "-i", "-include", "-u", "-b", "-bits", "-e", "-a"}
_VALUED = {"-c": "cols", "-cols": "cols", "-g": "group", "-l": "length", "-len": "length", "-s": "seek", "-n": "name"}


@live("hexdump", "hd")
async def hexdump(call: Call, io: Io) -> int:
    """Show bytes in rows of sixteen."""
    parsed = _HEXDUMP.parse(call)
    if isinstance(parsed, Answer):
        return await tell(io, parsed)
    data, status = b"", 0
    async for name, piece in fed(call, io, parsed.operands):
        if isinstance(piece, OSError):
            await io.err(f"{call.name}: {name}: {piece.strerror}\n")
            status = 1
        else:
            data += piece
    if status and not data:
        await io.err(f"{call.name}: all input file arguments failed\n")
        return 1
    skip = _number(parsed.value("skip") or "0")
    length = parsed.value("length")
    data = data[skip:] if length is None else data[skip : skip + _number(length)]
    await io.out(_hexdump(call, parsed, data, skip))
    return status


def _hexdump(call: Call, parsed: Parsed, data: bytes, start: int) -> str:
    forms = parsed.values("format")
    if forms:
        return "".join(_formatted(form, data, start) for form in forms)
    default = "canonical" if posixpath.basename(call.name) == "hd" else ""
    names = ("canonical", "one-byte-octal", "one-byte-char", "two-bytes-decimal", "two-bytes-octal", "two-bytes-hex")
    how = parsed.last(*names) or default
    wide = "08" if how == "canonical" else "07"
    last = b""
    rows: list[str] = []
    for at in range(0, len(data), _ROW):
        row = data[at : at + _ROW]
        if row == last and len(row) == _ROW and "no-squeezing" not in parsed:
            if rows[-1] != "*":
                rows.append("*")
            continue
        last = row
        rows.append(f"{start + at:{wide}x}{_SHOWN[how](row)}")
    return "".join(f"{row}\n" for row in [*rows, *([f"{start + len(data):{wide}x}"] if data else [])])


def _canonical(row: bytes) -> str:
    halves = ["".join(f" {byte:02x}" for byte in row[at : at + 8]) for at in (0, 8)]
    return f" {halves[0]:<24} {halves[1]:<24}  |{''.join(map(_plain, row))}|"


def _plain(byte: int) -> str:
    return chr(byte) if 32 <= byte < 127 else "."


def _words(gap: int, digits: int, kind: str) -> Callable[[bytes], str]:
    def shown(row: bytes) -> str:
        numbers = [int.from_bytes(row[at : at + 2], "little") for at in range(0, len(row), 2)]
        text = "".join(f"{'':{gap}}{number:0{digits}{kind}}" for number in numbers)
        return text.ljust(8 * (gap + digits))

    return shown


def _octal(row: bytes) -> str:
    return "".join(f" {byte:03o}" for byte in row).ljust(64)


def _char(row: bytes) -> str:
    texts = [_NAMED.get(byte) or (chr(byte) if 32 <= byte < 127 else f"{byte:03o}") for byte in row]
    return "".join(f" {text:>3}" for text in texts).ljust(64)


_SHOWN: dict[str, Callable[[bytes], str]] = {
    "": _words(1, 4, "x"),
    "canonical": _canonical,
    "one-byte-octal": _octal,
    "one-byte-char": _char,
    "two-bytes-decimal": _words(3, 5, "d"),
    "two-bytes-octal": _words(2, 6, "o"),
    "two-bytes-hex": _words(4, 4, "x"),
}


def _formatted(form: str, data: bytes, start: int) -> str:
    """``-e``: units of repetitions, bytes and a text, again and again until the bytes are shown."""
    units = list(_units(form))
    eats = sum(times * (size or _taken(text)) for times, size, text, _ in units)
    out, at = "", 0
    while at < len(data):
        for times, size, text, several in units:
            each = size or _taken(text)
            for turn in range(times):
                if each and at >= len(data):
                    break
                last = several and times > 1 and turn == times - 1
                out += _conversions(text.rstrip(" ") if last else text, data[at : at + each], start + at)
                at += each
        if not eats:
            break
    return out


def _units(form: str) -> Iterator[tuple[int, int, str, bool]]:
    """How often, how many bytes, which text, and whether it was said how often."""
    end = 0
    for found in _TEXT.finditer(form):
        counts = _COUNTS.search(form[end : found.start()].rstrip())
        end = found.end()
        if found[2] and counts:
            yield int(counts[1] or 1), int(counts[2] or 0), _unescaped(found[1]), bool(counts[1])


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text)


def _taken(text: str) -> int:
    kinds = [found[2] for found in _CONVERSION.finditer(text) if found[2] not in ("%", "_ad", "_ax", "_ao")]
    return sum(1 if kind in ("c", "_c", "_p", "_u") else 4 for kind in kinds)


def _conversions(text: str, piece: bytes, at: int) -> str:
    def one(found: re.Match[str]) -> str:
        flags, kind = found[1], found[2]
        number = int.from_bytes(piece, "little")
        if kind == "%":
            return "%"
        if kind.startswith("_a"):
            return f"%{flags}{kind[2]}" % at
        if kind in ("_p", "_c", "_u", "c"):
            shown = "".join(map(_plain, piece)) if kind == "_p" else _NAMED.get(number) or chr(number)
            return f"%{flags}s" % shown
        if kind == "s":
            return f"%{flags}s" % piece.decode("latin-1")
        return f"%{flags}{'d' if kind in 'iu' else kind}" % number

    return _CONVERSION.sub(one, text)


def _number(text: str) -> int:
    found = re.fullmatch(r"(0x[0-9a-fA-F]+|\d+)([bkmKM]?)", text)
    scale = {"": 1, "b": 512, "k": 1024, "K": 1024, "m": 2**20, "M": 2**20}
    return int(found[1], 0 if found[1].startswith("0x") else 10) * scale[found[2]] if found else 0


@live("xxd")
async def xxd(call: Call, io: Io) -> int:
    """Show bytes as hexadecimal or bits, as C, plainly, or turn such text back."""
    flags, values, names = _xxd_words(call.args)
    [(name, data)] = [pair async for pair in fed(call, io, names[:1])]
    if isinstance(data, OSError):
        await io.err(f"xxd: {name}: {data.strerror}\n")
        return 2
    if flags & {"-r", "-revert"}:
        await tell(io, Answer(_reverted(data, bool(flags & _FLAGS_PLAIN))))
        return 0
    seek = _number(values.get("seek", "0").lstrip("+"))
    data = data[seek:]
    data = data[: _number(values["length"])] if "length" in values else data
    upper = "-u" in flags
    if flags & {"-i", "-include"}:
        text = _included(data, values.get("name") or ("" if name == "-" else name), int(values.get("cols", 12)), upper)
    elif flags & _FLAGS_PLAIN:
        wide = int(values.get("cols", 30)) or len(data) or 1
        rows = [data[at : at + wide].hex() for at in range(0, len(data), wide)]
        text = "".join(f"{row.upper() if upper else row}\n" for row in rows)
    else:
        text = _rows(data, seek, flags, values, upper)
    await io.out(text)
    return 0


_FLAGS_PLAIN = {"-p", "-ps", "-postscript", "-plain"}


def _xxd_words(args: Sequence[str]) -> tuple[set[str], dict[str, str], list[str]]:
    todo, flags, values, names = list(args), set[str](), dict[str, str](), list[str]()
    while todo:
        word = todo.pop(0)
        if word in _FLAGS:
            flags.add(word)
        elif word in _VALUED and todo:
            values[_VALUED[word]] = todo.pop(0)
        elif word[:2] in _VALUED and word[2:].lstrip("+").isdigit():
            values[_VALUED[word[:2]]] = word[2:]
        elif not word.startswith("-") or word == "-":
            names.append(word)
    return flags, values, names


def _rows(data: bytes, seek: int, flags: set[str], values: dict[str, str], upper: bool) -> str:
    bits, little = bool(flags & {"-b", "-bits"}), "-e" in flags
    wide = int(values.get("cols", 6 if bits else 16))
    group = int(values.get("group", 1 if bits else 4 if little else 2)) or wide
    digits = 8 if bits else 2
    room = wide * digits + -(-wide // group) - 1
    out = ""
    for at in range(0, len(data), wide):
        row = data[at : at + wide]
        groups = [row[n : n + group] for n in range(0, len(row), group)]
        texts = [
            "".join(f"{byte:08b}" if bits else f"{byte:02x}" for byte in (g[::-1] if little else g)) for g in groups
        ]
        if little:
            texts = [text.rjust(group * 2) for text in texts]
        shown = " ".join(text.upper() if upper else text for text in texts)
        out += f"{seek + at:08x}: {shown:<{room}}  {''.join(map(_plain, row))}\n"
    return out


def _included(data: bytes, name: str, wide: int, upper: bool) -> str:
    form = "0X{:02X}" if upper else "0x{:02x}"
    rows = [", ".join(form.format(byte) for byte in data[at : at + wide]) for at in range(0, len(data), wide)]
    body = ",\n".join(f"  {row}" for row in rows)
    if not name:
        return f"{body}\n"
    word = re.sub(r"\W", "_", name)
    word = f"__{word}" if word[:1].isdigit() else word
    return f"unsigned char {word}[] = {{\n{body}\n}};\nunsigned int {word}_len = {len(data)};\n"


def _reverted(data: bytes, plain: bool) -> bytes:
    text = data.decode("latin-1")
    if plain:
        digits = re.sub(r"[^0-9a-fA-F]", "", text)
        return bytes.fromhex(digits[: len(digits) // 2 * 2])
    out = b""
    for line in text.splitlines():
        found = re.match(r"([0-9a-fA-F]+):\s?((?:[0-9a-fA-F]{2,} ?)+)", line)
        if found:
            at = int(found[1], 16)
            out = out.ljust(at, b"\0")[:at] if at <= 10_000_000 else out
            digits = found[2].partition("  ")[0].replace(" ", "")
            out += bytes.fromhex(digits[: len(digits) // 2 * 2])
    return out

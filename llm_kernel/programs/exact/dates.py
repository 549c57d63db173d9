"""``date``: the machine's clock in every format, and any moment that people can write down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone, tzinfo

from llm_kernel.machine.profiles import Profile
from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.moments import filled, offset
from llm_kernel.programs.options import Options, Parsed
from llm_kernel.programs.quoting import said
from llm_kernel.programs.table import exact
from llm_kernel.programs.when import read_when, zone_named
from llm_kernel.shell.call import Answer, Call

__all__ = ["formatted", "zone_of"]

_DATE = Options(
    "d,date= debug f,file= I,iso-8601? r,reference= resolution R,rfc-email rfc-822 rfc-2822 rfc-3339= s,set="
    " u,utc universal uct",
    usage="[OPTION]... [+FORMAT]\n[-u|--utc|--universal] [MMDDhhmm[[CC]YY][.ss]]",
    about="Display date and time in the given FORMAT, or set the system date.",
    authors="David MacKenzie",
)
_ISO = {
    "date": "%Y-%m-%d",
    "hours": "%Y-%m-%dT%H%:z",
    "minutes": "%Y-%m-%dT%H:%M%:z",
    "seconds": "%Y-%m-%dT%H:%M:%S%:z",
    "ns": "%Y-%m-%dT%H:%M:%S,%N%:z",
}
_RFC_3339 = {"date": "%Y-%m-%d", "seconds": "%Y-%m-%d %H:%M:%S%:z", "ns": "%Y-%m-%d %H:%M:%S.%N%:z"}
_RFC_EMAIL = "%a, %d %b %Y %H:%M:%S %z"


@exact("date")
def date(call: Call) -> Answer:
    """``date``; setting the clock is root's."""
    parsed = _DATE.parse(call)
    if isinstance(parsed, Answer):
        return parsed
    form = _format(call, parsed)
    if isinstance(form, Answer):
        return form
    utc = any(name in parsed for name in ("utc", "universal", "uct"))
    zone = timezone.utc if utc else zone_of(call)
    plain = [word for word in parsed.operands if not word.startswith("+")]
    if "set" in parsed or plain:
        return _set(call, parsed.value("set"), plain[0] if plain else "", zone, form)
    if "file" in parsed:
        return _lines(call, parsed.value("file") or "", zone, form)
    if "reference" in parsed:
        return _reference(call, parsed.value("reference") or "", zone, form)
    if "resolution" in parsed:
        return Answer("0.000000001\n")
    text = parsed.value("date")
    moment = _now(call) if text is None else read_when(text, _local(call, zone), _now(call)[1])
    if moment is None:
        return Answer(stderr=f"date: invalid date {said(text or '', call.env)}\n", status=1)
    return Answer(_shown(call, moment, zone, form))


def zone_of(call: Call) -> tzinfo:
    """The zone that the call sees: the variable ``TZ``, else the machine's."""
    return zone_named(call.env["TZ"]) if "TZ" in call.env else call.machine.clock.tz


def _now(call: Call) -> tuple[int, int]:
    seconds = int(call.machine.clock.now // 1)
    return seconds, min(999_999_999, round((call.machine.clock.now - seconds) * 1e9))


def _local(call: Call, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(_now(call)[0], zone)


def _shown(call: Call, moment: tuple[int, int], zone: tzinfo, form: str) -> str:
    try:
        at = datetime(1970, 1, 1, tzinfo=timezone.utc).__add__(timedelta(seconds=moment[0])).astimezone(zone)
    except OverflowError:
        return f"{moment[0]}\n"
    return formatted(form, at, moment[1], call.env, call.machine.system.profile) + "\n"


def _format(call: Call, parsed: Parsed) -> str | Answer:
    """The format that is asked for, or why it cannot be."""
    forms = [word[1:] for word in parsed.operands if word.startswith("+")]
    if len(parsed.operands) > 1:
        return _DATE.refuse(call, f"extra operand {said(parsed.operands[1], call.env)}")
    if "date" in parsed and any(not word.startswith("+") for word in parsed.operands):
        text = f"the argument {said(parsed.operands[0], call.env)} lacks a leading '+';\n"
        return _DATE.refuse(call, f"{text}{_LEADING}".rstrip("\n"))
    if sum(name in parsed for name in ("date", "file", "reference", "resolution")) > 1:
        return _DATE.refuse(call, "the options to specify dates for printing are mutually exclusive")
    for name, table in (("iso-8601", _ISO), ("rfc-3339", _RFC_3339)):
        if name in parsed:
            value = parsed.value(name)
            found = [key for key in table if key.startswith(value or "date")]
            if len(found) != 1 and value not in table:
                return _invalid(call, name, value or "", table)
            forms.append(table[value if value in table else found[0]] if value else table["date"])
    forms += [_RFC_EMAIL for name in ("rfc-email", "rfc-822", "rfc-2822") if name in parsed]
    if len(forms) > 1:
        return Answer(stderr="date: multiple output formats specified\n", status=1)
    return forms[0] if forms else "\0"


_LEADING = (
    "when using an option to specify date(s), any non-option\nargument must be a format string beginning with '+'\n"
)


def _invalid(call: Call, name: str, value: str, table: Mapping[str, str]) -> Answer:
    order = ("hours", "minutes", "date", "seconds", "ns")
    valid = "".join(f"  - {said(key, call.env)}\n" for key in order if key in table)
    text = f"invalid argument {said(value, call.env)} for {said(f'--{name}', call.env)}\nValid arguments are:\n{valid}"
    return _DATE.refuse(call, text.rstrip("\n"))


def _set(call: Call, text: str | None, digits: str, zone: tzinfo, form: str) -> Answer:
    now = _local(call, zone)
    moment = read_when(text, now, 0) if text is not None else _compact(digits, now)
    if moment is None:
        return Answer(stderr=f"date: invalid date {said(text or digits, call.env)}\n", status=1)
    shown = _shown(call, moment, zone, form)
    if caller(call) != "root":
        return Answer(shown, "date: cannot set date: Operation not permitted\n", 1)
    call.machine.clock.set(moment[0] + moment[1] / 1e9)
    return Answer(shown)


def _compact(digits: str, now: datetime) -> tuple[int, int] | None:
    """``MMDDhhmm[[CC]YY][.ss]``."""
    found = re.fullmatch(r"(\d\d)(\d\d)(\d\d)(\d\d)(\d{2}|\d{4})?(?:\.(\d\d))?", digits)
    if not found:
        return None
    month, day, hour, minute, year, second = found.groups()
    full = now.year if year is None else int(year)
    if year and len(year) == 2:
        full += 1900 if full > 68 else 2000
    return read_when(f"{full:04d}-{month}-{day} {hour}:{minute}:{second or '00'}", now)


def _lines(call: Call, name: str, zone: tzinfo, form: str) -> Answer:
    try:
        data = call.stdin if name == "-" else call.machine.files.read(call.path(name))
    except OSError as err:
        return Answer(stderr=f"date: {name}: {err.strerror}\n", status=1)
    out, err_text = "", ""
    for line in data.decode(errors="replace").splitlines():
        moment = read_when(line, _local(call, zone), _now(call)[1])
        if moment is None:
            err_text += f"date: invalid date {said(line, call.env)}\n"
        else:
            out += _shown(call, moment, zone, form)
    return Answer(out, err_text, 1 if err_text else 0)


def _reference(call: Call, name: str, zone: tzinfo, form: str) -> Answer:
    try:
        when = call.machine.files.stat(call.path(name)).mtime
    except OSError as err:
        return Answer(stderr=f"date: {name}: {err.strerror}\n", status=1)
    return Answer(_shown(call, (int(when // 1), round(when % 1 * 1e9)), zone, form))


_FIELD = re.compile(r"%(?P<flags>[-_0^#+]*)(?P<width>\d*)(?P<era>[EO]?)(?P<code>:{0,3}z|[a-zA-Z%])")
_WIDTHS = {**dict.fromkeys("CdeghHIklmMSUVWy", 2), "j": 3, "u": 1, "w": 1, "q": 1, "N": 9, "Y": 1, "G": 1, "s": 1}
_BLANK = frozenset("ekl")


def formatted(form: str, at: datetime, nanoseconds: int, env: Mapping[str, str], made: Profile) -> str:
    """``form`` with its fields filled as ``date`` does, flags and widths included; ``\\0`` is the locale's own form."""
    american = _american(env)
    if form == "\0":
        form = "%a %b %e %r %Z %Y" if american and made.since("libc", "2.31") else "%a %b %e %H:%M:%S %Z %Y"

    def fill(found: re.Match[str]) -> str:
        text = _text(found["code"], at, nanoseconds, american=american)
        return found[0] if text is None else _padded(text, found["code"], found["flags"], found["width"])

    return _FIELD.sub(fill, form)


def _american(env: Mapping[str, str]) -> bool:
    locale = env.get("LC_ALL") or env.get("LC_TIME") or env.get("LANG") or "C"
    return locale.startswith("en_US")


def _text(code: str, at: datetime, nanoseconds: int, *, american: bool) -> str | None:
    local = {"c": "%a %d %b %Y %I:%M:%S %p %Z", "x": "%m/%d/%Y", "X": "%I:%M:%S %p"} if american else {}
    yearday, sunday = at.timetuple().tm_yday, at.isoweekday() % 7
    match code:
        case "N":
            return f"{nanoseconds:09d}"
        case "q":
            return str((at.month + 2) // 3)
        case "g":
            return f"{at.isocalendar()[0] % 100:02d}"
        case "U":
            return f"{(yearday + 6 - sunday) // 7:02d}"
        case "W":
            return f"{(yearday + 6 - (sunday - 1) % 7) // 7:02d}"
        case "::z":
            return f"{offset(at, ':')}:00"
        case ":::z":
            return offset(at).removesuffix("00")
        case _ if code in local:
            return filled(local[code], at)
        case _:
            text = filled(f"%{code}", at)
            return None if text == f"%{code}" else text


def _padded(text: str, code: str, flags: str, width: str) -> str:
    if "^" in flags:
        text = text.upper()
    if "#" in flags:
        text = text.lower() if code in "Zp" else text.upper()
    if code == "N":
        digits = int(width) if width else 9
        return text[:digits].ljust(digits, "0")
    if code not in _WIDTHS and not width:
        return text
    number = code in _WIDTHS
    bare = text.lstrip("0 ") or "0" if number else text
    if "-" in flags:
        return bare if number else text
    size = max(int(width or 0), _WIDTHS.get(code, 0))
    blank = code in _BLANK or not number
    fill = " " if "_" in flags else "0" if "0" in flags or "+" in flags else " " if blank else "0"
    return bare.rjust(size, fill)

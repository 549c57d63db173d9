"""``chage -l``: how an account ages, as ``/etc/shadow`` has it; changing that is the model's."""

from __future__ import annotations

from datetime import date, timedelta

from llm_kernel.programs.exact.identity import caller
from llm_kernel.programs.table import NotExact, exact
from llm_kernel.shell.call import Answer, Call

__all__ = ["chage"]


@exact("chage")
def chage(call: Call) -> Answer:
    """Answer ``-l NAME`` and ``--list NAME``."""
    if len(call.args) != 2 or call.args[0] not in ("-l", "--list"):
        raise NotExact
    name = call.args[1]
    if caller(call) not in ("root", name):
        return Answer("", "chage: Permission denied.\n", 1)
    rows = call.machine.files.read("/etc/shadow").decode("utf-8", "replace").splitlines()
    found = next((row.split(":") for row in rows if row.split(":")[0] == name), None)
    if found is None or len(found) < 8:
        return Answer("", f"chage: user '{name}' does not exist in /etc/passwd\n", 1)
    _, _, changed, least, most, warn, inactive, ends = found[:8]
    must = changed == "0"
    expires = "password must be changed" if must else _after(changed, most)
    lines = (
        ("Last password change\t\t\t\t\t", "password must be changed" if must else _day(changed)),
        ("Password expires\t\t\t\t\t", expires),
        ("Password inactive\t\t\t\t\t", _after(changed, most, inactive) if inactive else "never"),
        ("Account expires\t\t\t\t\t\t", _day(ends)),
        ("Minimum number of days between password change\t\t", least or "-1"),
        ("Maximum number of days between password change\t\t", most or "-1"),
        ("Number of days of warning before password expires\t", warn or "-1"),
    )
    return Answer("".join(f"{title}: {text}\n" for title, text in lines))


def _day(days: str) -> str:
    return f"{date(1970, 1, 1) + timedelta(int(days)):%b %d, %Y}" if days.isdigit() else "never"


def _after(changed: str, *spans: str) -> str:
    """The day so long after the change; an age of 99999 days never comes."""
    if not changed.isdigit() or not all(span.isdigit() for span in spans) or int(spans[0]) >= 10000:
        return "never"
    return _day(str(sum(map(int, (changed, *spans)))))

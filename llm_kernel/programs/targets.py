"""Which host and port a client's command line is about, and how the client says that it does not get there."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from packaging.version import Version

from llm_kernel.shell.call import Answer, Call

__all__ = [
    "addresses",
    "curl_fails",
    "curl_release",
    "is_address",
    "is_here",
    "target_of",
    "wget_fails",
    "words_of",
]

_HERE = ("localhost", "ip6-localhost", "::1", "0.0.0.0")  # noqa: S104 - a name of this machine, nobody binds it
_VALUED = {
    "ping": "-c -i -I -l -m -M -n -p -Q -s -S -t -T -w -W",
    "curl": "-o -H -d -X -u -A -e -m -b -c -F -T -w -x --output --header --data --request --user --max-time "
    "--connect-timeout --retry --user-agent --data-raw --data-binary --form --proxy",
    "wget": "-O -o -P -t -T -a -i -U --output-document --tries --timeout --header --user-agent --directory-prefix",
    "ssh": "-p -i -l -o -L -R -D -F -J -b -c -e -m -S -W -w",
    "git": "-b --branch --depth -C -c -o --origin -j --jobs --filter --reference",
}


def words_of(call: Call, kind: str) -> list[str]:
    """The arguments that are no options and no options' values."""
    valued, words, skip = _VALUED[kind].split(), list[str](), False
    for arg in call.args:
        if skip:
            skip = False
        elif arg.startswith("-") and len(arg) > 1:
            skip = arg in valued
        else:
            words.append(arg)
    return words


def is_address(host: str) -> bool:
    """Whether a host is given by its address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_here(call: Call, host: str) -> bool:
    """Whether a host is this machine."""
    return host in (*_HERE, call.machine.system.host) or host.startswith("127.")


def addresses(call: Call, host: str) -> list[str]:
    """The addresses of a name of this machine, those of IPv6 first, as its table of hosts has them."""
    if is_address(host):
        return [host]
    text = call.machine.files.read("/etc/hosts").decode("utf-8", "replace")
    rows = [line.partition("#")[0].split() for line in text.splitlines()]
    found = [row[0] for row in rows if host in row[1:] and is_address(row[0])]
    return sorted(found, key=lambda one: ":" not in one) or ["127.0.0.1"]


def curl_release(call: Call) -> Version:
    """The release of this machine's curl."""
    package = call.machine.packages.find(call.machine.packages.archive, "curl")
    found = re.match(r"[\d.]+", package.version) if package else None
    return Version(found[0] if found else "8")


def target_of(text: str) -> tuple[str, int]:
    """The host and the port of an address on the web, whose scheme may be left out; no host where it is none."""
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError:
        return "", 0
    return parts.hostname or "", port or (443 if parts.scheme == "https" else 80)


def curl_fails(call: Call, status: int, why: str) -> Answer:
    """What curl says of a failure, if it may: ``-s`` keeps it quiet, ``-S`` lets it speak all the same."""
    letters = "".join(arg[1:] for arg in call.args if re.fullmatch(r"-[A-Za-z#]+", arg))
    silent = "--silent" in call.args or "s" in letters
    aloud = "S" in letters or "--show-error" in call.args
    return Answer("", "" if silent and not aloud else f"curl: ({status}) {why}\n", status)


def wget_fails(call: Call, address: str, tried: str) -> Answer:
    """What wget says of an ``address`` behind its time, if it may: what it tried."""
    if any(arg == "--quiet" or re.fullmatch(r"-[a-zA-Z]*q[a-zA-Z]*", arg) for arg in call.args):
        return Answer("", "", 4)
    url = address if "://" in address else f"http://{address}"
    url = url if urlsplit(url).path else f"{url}/"
    return Answer("", f"--{call.machine.clock.local:%Y-%m-%d %H:%M:%S}--  {url}\n{tried}", 4)

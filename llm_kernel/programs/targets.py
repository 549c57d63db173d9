"""Which host and port a client's command line is about."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from llm_kernel.shell.call import Call

__all__ = ["is_address", "is_here", "target_of", "words_of"]

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


def target_of(text: str) -> tuple[str, int]:
    """The host and the port of an address on the web, whose scheme may be left out."""
    parts = urlsplit(text if "://" in text else f"http://{text}")
    try:
        port = parts.port
    except ValueError:
        port = None
    return parts.hostname or "", port or (443 if parts.scheme == "https" else 80)

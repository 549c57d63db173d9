"""What a server of files (``python3 -m http.server``) gives whoever asks: the machine's files, over HTTP."""

from __future__ import annotations

import html
import posixpath
from dataclasses import dataclass, field
from email.utils import formatdate
from mimetypes import MimeTypes
from urllib.parse import quote, unquote, urlsplit

from llm_kernel.machine import Machine
from llm_kernel.machine.served import Reply

__all__ = ["FileServer"]

_TYPES = MimeTypes(())
_OWN_TYPES = {
    **dict.fromkeys((".py", ".c", ".h"), "text/plain"),
    ".gz": "application/gzip",
    ".Z": "application/octet-stream",
    ".bz2": "application/x-bzip2",
    ".xz": "application/x-xz",
}
"""What the server says of endings, other than a table of types does."""
_EXPLAINED = {404: "Nothing matches the given URI", 501: "Server does not support this operation"}


@dataclass(slots=True)
class FileServer:
    """Serves what lies under ``root``; ``python`` is its version, ``log`` the lines that it has not written yet."""

    machine: Machine
    root: str
    python: str
    log: list[str] = field(default_factory=list)

    def ask(self, method: str, target: str, client: str) -> Reply:
        """The answer to one request, which is noted in the log."""
        reply = (
            self._found(target) if method in ("GET", "HEAD") else self._error(501, f"Unsupported method ('{method}')")
        )
        if reply.status >= 400:
            self._note(client, f"code {reply.status}, message {reply.reason}")
        self._note(client, f'"{method} {target} HTTP/1.1" {reply.status} -')
        return reply

    def _note(self, client: str, text: str) -> None:
        self.log.append(f"{client} - - [{self.machine.clock.local:%d/%b/%Y %H:%M:%S}] {text}\n")

    def _found(self, target: str) -> Reply:
        files, asked = self.machine.files, urlsplit(target).path
        words = [word for word in unquote(asked).split("/") if word not in ("", ".", "..")]
        path = posixpath.join(self.root, *words)
        if files.is_dir(path) and not asked.endswith("/"):
            return self._reply(301, "Moved Permanently", {"Location": f"{asked}/"})
        if files.is_dir(path):
            pages = [page for name in ("index.html", "index.htm") if files.exists(page := posixpath.join(path, name))]
            return self._file(pages[0]) if pages else self._listing(path, asked)
        return (
            self._file(path) if files.exists(path) and not asked.endswith("/") else self._error(404, "File not found")
        )

    def _file(self, path: str) -> Reply:
        stat, ending = self.machine.files.stat(path), posixpath.splitext(path)[1]
        kind = _OWN_TYPES.get(ending) or _TYPES.guess_type(path)[0] or "application/octet-stream"
        changed = formatdate(stat.mtime, usegmt=True)
        headers = {"Content-type": kind, "Content-Length": str(stat.size), "Last-Modified": changed}
        return self._reply(200, "OK", headers, path=path, size=stat.size)

    def _listing(self, path: str, asked: str) -> Reply:
        files, rows = self.machine.files, []
        for name in sorted(files.listdir(path), key=str.lower):
            stat, folder = files.lstat(f"{path}/{name}"), "/" * files.is_dir(f"{path}/{name}")
            shown = html.escape(name + ("@" if stat.kind == "symlink" else folder), quote=False)
            rows.append(f'<li><a href="{quote(name + folder)}">{shown}</a></li>\n')
        title = f"Directory listing for {html.escape(unquote(asked), quote=False)}"
        if self._modern:
            head = (
                f'<!DOCTYPE HTML>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n</head>\n'
            )
        else:
            head = f"{_doctype(' ')}<head>\n{_charset('; ')}\n"
        head += f"<title>{title}</title>\n</head>\n"
        page = f"{head}<body>\n<h1>{title}</h1>\n<hr>\n<ul>\n{''.join(rows)}</ul>\n<hr>\n</body>\n</html>\n".encode()
        headers = {"Content-type": "text/html; charset=utf-8", "Content-Length": str(len(page))}
        return self._reply(200, "OK", headers, body=page, size=len(page))

    def _error(self, status: int, message: str) -> Reply:
        top = '<!DOCTYPE HTML>\n<html lang="en">\n' if self._modern else _doctype(f"\n{' ' * 8}")
        charset = '<meta charset="utf-8">' if self._modern else _charset(";")
        code = f"{status}" if self._modern else f"HTTPStatus.{'NOT_FOUND' if status == 404 else 'NOT_IMPLEMENTED'}"
        page = (
            f"{top}    <head>\n        {charset}\n        <title>Error response</title>\n    </head>\n    <body>\n"
            f"        <h1>Error response</h1>\n        <p>Error code: {status}</p>\n        <p>Message: "
            f"{html.escape(message, quote=False)}.</p>\n        <p>Error code explanation: {code} - "
            f"{_EXPLAINED[status]}.</p>\n    </body>\n</html>\n"
        ).encode()
        headers = {"Connection": "close", "Content-Type": "text/html;charset=utf-8", "Content-Length": str(len(page))}
        return self._reply(status, message, headers, body=page, size=len(page))

    @property
    def _modern(self) -> bool:
        """Whether its pages are of HTML 5."""
        return tuple(int(part) for part in self.python.split(".")[:2]) >= (3, 11)

    def _reply(
        self, status: int, reason: str, headers: dict[str, str], *, body: bytes = b"", path: str = "", size: int = 0
    ) -> Reply:
        now = formatdate(self.machine.clock.now, usegmt=True)
        named = {"Server": f"SimpleHTTP/0.6 Python/{self.python}", "Date": now, **headers}
        return Reply(status, reason, named, body, path, size)


def _doctype(between: str) -> str:
    form = '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN"{}"http://www.w3.org/TR/html4/strict.dtd">\n<html>\n'
    return form.format(between)


def _charset(between: str) -> str:
    return f'<meta http-equiv="Content-Type" content="text/html{between}charset=utf-8">'

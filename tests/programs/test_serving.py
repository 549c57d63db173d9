"""A server of files on this machine, and what its clients get: files as they are, a log of who asked."""

from __future__ import annotations

from llm_kernel.events import Exit, Text
from tests.notebook import Notebook, err, out

_LISTING = """\
<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">
<html>
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<title>Directory listing for /d/</title>
</head>
<body>
<h1>Directory listing for /d/</h1>
<hr>
<ul>
<li><a href="A%26b.txt">A&amp;b.txt</a></li>
<li><a href="link/">link@</a></li>
<li><a href="sub/">sub/</a></li>
</ul>
<hr>
</body>
</html>
"""
_HEAD = """\
HTTP/1.0 200 OK
Server: SimpleHTTP/0.6 Python/3.8.5
Date: Thu, 01 Apr 2021 09:00:01 GMT
Content-type: text/plain
Content-Length: 6
Last-Modified: Thu, 01 Apr 2021 09:00:00 GMT

"""
_LOG = """\
Serving HTTP on 0.0.0.0 port 8000 (http://0.0.0.0:8000/) ...
127.0.0.1 - - [01/Apr/2021 09:00:01] "GET /d HTTP/1.1" 301 -
127.0.0.1 - - [01/Apr/2021 09:00:01] "GET /d/ HTTP/1.1" 200 -
127.0.0.1 - - [01/Apr/2021 09:00:01] "HEAD /a.txt HTTP/1.1" 200 -
127.0.0.1 - - [01/Apr/2021 09:00:01] code 404, message File not found
127.0.0.1 - - [01/Apr/2021 09:00:01] "GET /no HTTP/1.1" 404 -
127.0.0.1 - - [01/Apr/2021 09:00:01] code 501, message Unsupported method ('POST')
127.0.0.1 - - [01/Apr/2021 09:00:01] "POST /a.txt HTTP/1.1" 501 -
"""


async def test_files_are_served_listed_and_told_of_in_the_log() -> None:
    notebook = Notebook()
    await notebook("%machine os ubuntu 20.04\ncd; mkdir -p w/d/sub; echo hello > w/a.txt; echo x > 'w/d/A&b.txt'")
    await notebook("ln -s sub w/d/link; cd w; python3 -m http.server > ../log 2>&1 &\nsleep 1")
    assert await notebook.said("curl -sL localhost:8000/d") == _LISTING
    assert (await notebook.said("curl -sI http://127.0.0.1:8000/a.txt")).replace("\r", "") == _HEAD
    assert await notebook("curl -f -s -S localhost:8000/no") == err(
        "curl: (22) The requested URL returned error: 404 File not found\n", 22
    )
    assert await notebook.said("curl -s -o /dev/null -w '%{http_code}\\n' -X POST localhost:8000/a.txt") == "501\n"
    assert await notebook.said("cat ../log") == _LOG
    assert notebook.asked == []


async def test_what_curl_cannot_tell_is_the_models_from_the_first_byte() -> None:
    notebook = Notebook(["0.001\n"])
    await notebook("cd; echo hello > a.txt; python3 -m http.server > log 2>&1 &\nsleep 1")
    assert await notebook.said("curl -sw '%{time_total}' localhost:8000/a.txt") == "0.001\n"


async def test_wget_keeps_what_is_there_and_a_file_without_bytes_keeps_its_size() -> None:
    notebook = Notebook()
    await notebook("%machine os ubuntu 22.04\ncd; mkdir w; echo hello > a.txt; cp a.txt w; truncate -s 5G w/big.pt")
    await notebook("python3 -m http.server -d w 8001 > log 2>&1 &\nsleep 1")
    [told, end] = await notebook("wget http://127.0.0.1:8001/a.txt")
    assert end == Exit(0)
    assert isinstance(told, Text)
    assert told.text.splitlines()[1:6] == [
        "Connecting to 127.0.0.1:8001... connected.",
        "HTTP request sent, awaiting response... 200 OK",
        "Length: 6 [text/plain]",
        "Saving to: ‘a.txt.1’",
        "",
    ]
    assert await notebook.said("wget -q 127.0.0.1:8001/big.pt; stat -c %s big.pt; wget -qO- 127.0.0.1:8001/a.txt") == (
        "5368709120\nhello\n"
    )
    assert await notebook("python3 -m http.server 8001") == err("OSError: [Errno 98] Address already in use\n", 1)
    said = await notebook("kill %1; sleep 1; curl -s 127.0.0.1:8001")
    assert (said[-1], notebook.asked) == (Exit(7), [])


async def test_a_server_that_nobody_could_ask_says_so_and_ends() -> None:
    notebook = Notebook()
    assert await notebook("python3 -m http.server 8002") == [
        *out("Serving HTTP on 0.0.0.0 port 8002 (http://0.0.0.0:8002/) ...\n")[:1],
        *err("python3: nothing runs here that could ask; with & behind it, the next commands can\n", 0),
    ]

"""Tools of Python's own library that the machine answers."""

from __future__ import annotations

from tests.leaks import notebook
from tests.notebook import err

FOCAL = """\
sys.path = [
    '/root',
    '/usr/lib/python38.zip',
    '/usr/lib/python3.8',
    '/usr/lib/python3.8/lib-dynload',
    '/usr/local/lib/python3.8/dist-packages',
    '/usr/lib/python3/dist-packages',
]
USER_BASE: '/root/.local' (doesn't exist)
USER_SITE: '/root/.local/lib/python3.8/site-packages' (doesn't exist)
ENABLE_USER_SITE: True
"""


async def test_site_names_the_places_where_pip_puts_things() -> None:
    assert await notebook("ubuntu 20.04").said("python3 -m site") == FOCAL


async def test_a_virtual_environment_has_places_of_its_own() -> None:
    book = notebook("ubuntu 20.04")
    await book("python3 -m venv v")
    rows = (await book.said("v/bin/python -m site")).splitlines()
    assert rows[5] == "    '/root/v/lib/python3.8/site-packages',"
    assert rows[-1] == "ENABLE_USER_SITE: False"


async def test_a_source_is_compiled_beside_itself() -> None:
    book = notebook("ubuntu 20.04")
    await book("mkdir -p src; echo 'x = 1' > src/a.py")
    assert await book.said("python3 -m py_compile src/a.py; ls src src/__pycache__") == (
        "src:\n__pycache__\na.py\n\nsrc/__pycache__:\na.cpython-38.pyc\n"
    )
    said = "[Errno 2] No such file or directory: 'nosuch.py'\n"
    assert await book("python3 -m py_compile nosuch.py") == err(said, 1)

"""npm: a project's file, its tree and its lock file tell of one thing, and its scripts run."""

from __future__ import annotations

import json

from llm_kernel.events import Exit, Text
from tests.leaks import notebook
from tests.notebook import Notebook, err

BEGIN = "apt-get install -y npm > /dev/null; mkdir -p app; cd app; npm init -y > /dev/null"


async def _project(system: str) -> Notebook:
    book = notebook(system)
    await book.said(BEGIN)
    return book


async def test_what_a_package_needs_comes_along_and_is_locked() -> None:
    book = await _project("ubuntu 24.04")
    await book("npm install react@17.0.2")
    assert await book.said("ls node_modules") == "js-tokens\nloose-envify\nobject-assign\nreact\n"
    locked = json.loads(book.text("/root/app/package-lock.json"))
    assert locked["lockfileVersion"] == 3
    assert sorted(locked["packages"]) == [
        "",
        *(f"node_modules/{n}" for n in "js-tokens loose-envify object-assign react".split()),
    ]
    assert locked["packages"]["node_modules/loose-envify"]["dependencies"] == {"js-tokens": "^4.0.0"}


async def test_older_npm_shows_the_whole_tree_and_locks_in_its_own_form() -> None:
    book = await _project("ubuntu 20.04")
    await book("npm install react@17.0.2")
    assert await book.said("npm ls") == (
        "app@1.0.0 /root/app\n└─┬ react@17.0.2\n  ├─┬ loose-envify@1.4.0\n  │ └── js-tokens@4.0.0\n"
        "  └── object-assign@4.1.1\n\n"
    )
    locked = json.loads(book.text("/root/app/package-lock.json"))
    assert locked["lockfileVersion"] == 1
    assert locked["dependencies"]["loose-envify"]["requires"] == {"js-tokens": "^4.0.0"}


async def test_what_nobody_needs_any_more_goes() -> None:
    book = await _project("ubuntu 24.04")
    await book("npm install react@17.0.2 lodash@4.17.20")
    assert await book.said("npm uninstall react") == (
        "\nremoved 4 packages, and audited 2 packages in 431ms\n\nfound 0 vulnerabilities\n"
    )
    assert await book.said("npm ls; ls node_modules") == "app@1.0.0 /root/app\n└── lodash@4.17.20\n\nlodash\n"


async def test_scripts_run_with_what_comes_before_them() -> None:
    book = await _project("ubuntu 24.04")
    scripts = {"prebuild": "echo first", "build": "echo built"}
    await book(f"echo '{json.dumps({'name': 'b', 'version': '0.1.0', 'scripts': scripts})}' > package.json")
    assert await book.said("npm run build -- all") == (
        "\n> b@0.1.0 prebuild\n> echo first\n\nfirst\n\n> b@0.1.0 build\n> echo built all\n\nbuilt all\n"
    )
    assert await book.said("npm run -s build") == "first\nbuilt\n"


async def test_a_script_that_fails_says_so() -> None:
    book = await _project("ubuntu 20.04")
    events = await book("npm test")
    assert events[0] == Text(
        "stdout",
        '\n> app@1.0.0 test /root/app\n> echo "Error: no test specified" && exit 1\n\nError: no test specified\n',
    )
    assert events[1:] == [Text("stderr", "npm ERR! Test failed.  See above for more details.\n"), Exit(1)]
    assert await book("npm run nosuch") == err("npm ERR! missing script: nosuch\n", 1)


async def test_everything_is_put_there_anew_from_the_projects_file() -> None:
    book = await _project("ubuntu 24.04")
    await book("npm install react@17.0.2; rm -r node_modules")
    assert (await book.said("npm ci")).startswith("\nadded 4 packages, and audited 5 packages in ")
    assert await book.said("npm ls") == "app@1.0.0 /root/app\n└── react@17.0.2\n\n"


async def test_a_file_that_is_no_description_is_the_models() -> None:
    book = await _project("ubuntu 24.04")
    await book("echo '{\"dependencies\": [1]}' > package.json; npm install; npm ls")
    assert book.asked == ["$ npm install", "$ npm ls"]


async def test_what_the_registry_has_newer_is_listed() -> None:
    book = await _project("ubuntu 20.04")
    await book("npm install lodash@4.17.10")
    assert await book("npm outdated") == [
        Text("stdout", "Package  Current   Wanted   Latest  Location\nlodash   4.17.10  4.17.21  4.17.21  app\n"),
        Exit(1),
    ]

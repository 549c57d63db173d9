"""One JupyterLab in one browser: opens notebooks, types into cells, reads what the page shows."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains, Chrome, ChromeOptions, ChromeService, Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.server import Server
from tests.browser.waiting import WAIT, wait_until

__all__ = ["Lab", "Notebook", "Seen", "chromium"]

SHOWN = "div.jp-NotebookPanel:not(.lm-mod-hidden)"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en-US",
)


@contextmanager
def chromium(profile: Path, width: int = 1280, height: int = 1000, *flags: str) -> Iterator[Chrome]:
    """A headless Chromium with a fresh profile for the time of a block."""
    options = ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in (*FLAGS, *flags, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
        options.add_argument(flag)
    driver = Chrome(options=options, service=ChromeService(str(shutil.which("chromedriver"))))
    driver.set_page_load_timeout(WAIT)
    try:
        yield driver
    finally:
        driver.quit()


class Seen:
    """One moment of one cell, as the page shows it: its prompt, its code, each output's kind and text."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.prompt: str = state["prompt"]
        self.source: str = state["source"]
        self.outputs: list[tuple[str, str]] = [tuple(output) for output in state["outputs"]]

    @property
    def text(self) -> str:
        """Everything below the cell."""
        return "".join(text for _, text in self.outputs)

    @property
    def running(self) -> bool:
        return self.prompt == "[*]:"

    def __repr__(self) -> str:
        return f"Seen({self.prompt!r}, {self.source!r}, {self.outputs!r})"


READ_CELLS = """
return [...document.querySelectorAll(arguments[0] + " .jp-Notebook .jp-Cell")].map(cell => ({
  prompt: cell.querySelector(".jp-InputPrompt")?.textContent ?? "",
  source: [...cell.querySelectorAll(".jp-InputArea .cm-line")].map(line => line.textContent).join("\\n"),
  outputs: [...cell.querySelectorAll(".jp-OutputArea-output[data-mime-type]")].map(output =>
    [output.dataset.mimeType.replace("application/vnd.jupyter.", ""), output.textContent]),
}));
"""


class Lab:
    """JupyterLab's page: loaded once, then commanded like by its menus."""

    def __init__(self, driver: Chrome, server: Server) -> None:
        self.driver = driver
        self.server = server
        driver.get(f"{server.url}/lab?token={server.token}")
        self.find(".jp-LauncherCard")

    def launcher(self) -> None:
        """Open a launcher and wait for its cards."""
        self.command("launcher:create")
        self.find(".jp-LauncherCard")

    def notebook(self, name: str, *cells: str) -> Notebook:
        """Write a notebook of these cells, open it, and wait for its kernel."""
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        book.metadata["kernelspec"] = {"name": "llm_kernel", "display_name": "Imagined machine", "language": "bash"}
        nbformat.write(book, self.server.notebooks / f"{name}.ipynb")
        self.command("docmanager:open", {"path": f"{name}.ipynb"})
        return self.shown(*cells)

    def shown(self, *cells: str) -> Notebook:
        """The notebook that is open on the page, when its cells are drawn and its kernel is idle."""
        notebook = Notebook(self)
        wait_until(lambda: [cell.source for cell in notebook.cells()] == list(cells), "the notebook's cells")
        notebook.wait_idle()
        return notebook

    def command(self, name: str, args: dict[str, object] | None = None) -> None:
        """Give a command, as a menu does."""
        self.driver.execute_script("void window.jupyterapp.commands.execute(...arguments)", name, args or {})

    def find(self, css: str) -> WebElement:
        """The first visible element."""
        return wait_until(lambda: self._visible(css), css, again=(StaleElementReferenceException,))[0]

    def _visible(self, css: str) -> list[WebElement]:
        return [found for found in self.all(css) if found.is_displayed()]

    def all(self, css: str) -> list[WebElement]:
        return self.driver.find_elements("css selector", css)

    def width_of(self, image: WebElement) -> int:
        """The natural width of an image, once the browser has drawn it."""
        script = "return arguments[0].complete && arguments[0].naturalWidth"
        return wait_until(lambda: int(self.driver.execute_script(script, image)), "the image")

    def menu(self, title: str, command: str) -> None:
        """Choose a command from a menu."""
        next(found for found in self.all(".lm-MenuBar-item") if found.text == title).click()
        self.find(f'.lm-Menu-item[data-command="{command}"]').click()

    def offered(self) -> list[str]:
        """Press Tab; the completions that are offered."""
        self.press(Keys.TAB)
        self.find(".jp-Completer .jp-Completer-item")
        return [item.text for item in self.all(".jp-Completer .jp-Completer-item .jp-Completer-match")]

    def take_first(self) -> None:
        """Take the first completion that is offered."""
        self.press(Keys.ENTER)

    def answer(self, line: str) -> None:
        """Type a line into the box of a cell that asks for one."""
        self.find("input.jp-Stdin-input").click()
        self.insert(line)
        self.press(Keys.ENTER)

    def press(self, *keys: str) -> None:
        """Press keys together, on whatever has the focus."""
        chord = ActionChains(self.driver, duration=20)
        for key in keys[:-1]:
            chord = chord.key_down(key)
        chord = chord.send_keys(keys[-1])
        for key in keys[:-1]:
            chord = chord.key_up(key)
        chord.perform()

    def type_keys(self, keys: str) -> None:
        """Press keys one after another."""
        ActionChains(self.driver).send_keys(keys).perform()

    def insert(self, text: str) -> None:
        """Put text where the cursor is, as an input method does: the editor closes no bracket of its own."""
        self.driver.execute_cdp_cmd("Input.insertText", {"text": text})


class Notebook:
    """The open notebook. Cells count from 0."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def cells(self) -> list[Seen]:
        return [Seen(state) for state in self.lab.driver.execute_script(READ_CELLS, SHOWN)]

    def cell(self, number: int) -> Seen:
        return self.cells()[number]

    def editor(self, number: int) -> WebElement:
        """Where a cell's code is."""
        return wait_until(lambda: self.lab.all(f"{SHOWN} .jp-Cell .cm-content")[number:], f"editor {number}")[0]

    def edit(self, number: int) -> None:
        """Put the cursor into a cell's code."""
        self.editor(number).click()

    def type(self, number: int, code: str) -> None:
        """Replace a cell's text and leave the cursor at its end."""
        self.edit(number)
        self.lab.press(Keys.CONTROL, "a")
        self.lab.press(Keys.BACKSPACE)
        self.lab.insert(code)

    def leave(self) -> None:
        """Leave the editor, so that keys are commands."""
        self.lab.press(Keys.ESCAPE)

    def start(self, number: int) -> None:
        """Run a cell and do not wait."""
        self.edit(number)
        self.lab.press(Keys.CONTROL, Keys.ENTER)

    def run(self, number: int) -> Seen:
        """Run a cell that has not run yet to its end."""
        self.start(number)
        return self.ended(number)

    def ended(self, number: int, seconds: float = WAIT) -> Seen:
        """A cell that has run."""
        return self.wait(number, lambda seen: re.fullmatch(r"\[\d+\]:", seen.prompt), "ended", seconds)

    def word(self, number: int, text: str) -> WebElement:
        """A word of a cell's code that the editor has marked."""
        path = f".//span[text()='{text}']"
        return wait_until(lambda: self.editor(number).find_elements("xpath", path), f"{text!r} marked")[0]

    def background(self, number: int) -> tuple[int, ...]:
        """The colour behind a cell's last output."""
        outputs = self.lab.all(f"{SHOWN} .jp-Cell")[number].find_elements("css selector", ".jp-OutputArea-output")
        colour = outputs[-1].value_of_css_property("background-color")
        return tuple(int(part) for part in re.findall(r"\d+", colour)[:3])

    def wait(self, number: int, test: Callable[[Seen], object], what: str, seconds: float = WAIT) -> Seen:
        """The first moment of a cell that passes ``test``."""

        def look() -> list[Seen]:
            return [seen] if test(seen := self.cell(number)) else []

        try:
            return wait_until(look, f"cell {number} {what}", seconds)[0]
        except TimeoutError as error:
            raise TimeoutError(f"{error}; it shows {self.cell(number)}") from None

    @property
    def kernel(self) -> str:
        """The kernel's name in the notebook's corner."""
        return self.lab.find(f"{SHOWN} .jp-KernelName").text

    def wait_idle(self) -> None:
        """Wait until a kernel is there and has nothing to do."""
        wait_until(lambda: self.kernel != "No Kernel", "a kernel")
        self.lab.find(f'{SHOWN} .jp-Notebook-ExecutionIndicator[data-status="idle"]')

    def button(self, name: str) -> None:
        """Click a button of the notebook's toolbar."""
        self.lab.find(f'{SHOWN} [data-jp-item-name="{name}"] jp-button').click()

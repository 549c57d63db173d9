"""The Jupyter side of a notebook: requests go in as calls, events come out as messages, one cell at a time.

A cell runs as a task on the shell's event loop, so that an interrupt, which arrives on the control thread, can cancel
it at any await. Nothing here knows what a cell means.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import threading
import time
from collections.abc import Mapping
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, Any

from ipykernel._version import kernel_protocol_version
from ipykernel.kernelbase import Kernel
from jupyter_client.session import Session as Wire
from traitlets import Float, List
from zmq.eventloop.zmqstream import ZMQStream

from llm_kernel import errors
from llm_kernel.events import Ask, Exit, Text
from llm_kernel.failure import INTERRUPTED, Failure
from llm_kernel.history import History
from llm_kernel.render import Message, Still
from llm_kernel.screen import Screen
from llm_kernel.settings import Settings
from llm_kernel.terminal import Terminal
from llm_kernel.version import __version__

if TYPE_CHECKING:
    from llm_kernel.session import Session

__all__ = ["LLMKernel"]

BREATH = 0.01  # seconds a cell may answer without a pause; an interrupt lands only at an await
LULL = 0.01  # seconds from the first answer to a client until the session is made ahead of the first cell
GOODBYE = 5.0  # seconds that a shutdown waits for connections to close

BANNER = f"""llm_kernel {__version__}: a machine that is imagined
Type shell commands; nothing runs on this computer. %%meta changes the machine in plain language; %lsmagic has the rest.
"""


class LLMKernel(Settings, Kernel):
    """A Jupyter kernel for a machine that is imagined."""

    _execute_sleep = Float(0.0)  # the base class lets a thread that carries print() catch up; here nothing prints
    implementation = "llm_kernel"
    implementation_version = __version__
    banner = BANNER
    language_info: dict[str, object] = {  # noqa: RUF012
        "name": "bash",
        "version": "5.1",
        "mimetype": "text/x-sh",
        "file_extension": ".sh",
        "pygments_lexer": "bash",
        "codemirror_mode": "shell",
        "nbconvert_exporter": "script",
    }
    help_links = List(
        [
            {"text": "Bash manual", "url": "https://www.gnu.org/software/bash/manual/bash.html"},
            {"text": "GNU core utilities", "url": "https://www.gnu.org/software/coreutils/manual/"},
            {"text": "Jupyter", "url": "https://docs.jupyter.org"},
        ]
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self._notebook: Session | None = None
        self._history = History()
        self._cell: asyncio.Task[Exit] | None = None
        self._terminal: Terminal | None = None
        self._warm = False
        self._making = asyncio.Lock()

    @property
    def kernel_info(self) -> dict[str, Any]:
        """What the kernel is. It has no subshells: two cells at once would change the machine from two threads."""
        return {
            "protocol_version": kernel_protocol_version,
            "implementation": self.implementation,
            "implementation_version": self.implementation_version,
            "language_info": self.language_info,
            "banner": self.banner,
            "help_links": self.help_links,
            "supported_features": [],
        }

    async def kernel_info_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Say what the kernel is, then make the session in the lull before the first cell."""
        await super().kernel_info_request(stream, ident, parent)  # type: ignore[no-untyped-call]
        if not self._warm:
            self._warm = True
            self.io_loop.add_callback(self._warm_up)

    async def _warm_up(self) -> None:
        await asyncio.sleep(LULL)
        with contextlib.suppress(errors.ImaginedMachineError):  # the first cell will meet the fault and show it
            await self.notebook()

    @property
    def _wire(self) -> Wire:
        assert self.session is not None
        return self.session

    async def notebook(self) -> Session:
        """The session of this kernel's life, made when it is first needed, so that bad settings fail a cell."""
        async with self._making:
            if self._notebook is None:
                self._notebook = await self._make()
        return self._notebook

    async def _make(self) -> Session:
        config = await asyncio.to_thread(import_module, "llm_kernel.config")  # the loop stays free meanwhile
        session: Session = config.build(self)
        await session.life.arrive()
        gc.collect()
        gc.freeze()  # the catalogues live as long as the process; a collection in a cell need not look at them
        return session

    def start(self) -> None:
        """Listen; a SIGINT, which this kernel's spec does not ask for, interrupts like the message does."""
        super().start()  # type: ignore[no-untyped-call]
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._on_sigint)

    def pre_handler_hook(self) -> None:
        """Keep our SIGINT handler: the base class's would raise inside the event loop."""

    def post_handler_hook(self) -> None:
        """See ``pre_handler_hook``."""

    def _abort_queues(self, *subshell: str | None) -> None:
        """Abort the cells that have arrived: on the main thread they stand in the lock's queue, and then its end."""
        if not hasattr(self, "_main_asyncio_lock"):  # ipykernel 6 has a queue of its own
            super()._abort_queues(*subshell)
            return
        self._aborting = True
        assert self.shell_stream is not None
        self.shell_stream.flush()
        self._aborted = asyncio.ensure_future(self._stop_aborting())

    async def _stop_aborting(self) -> None:
        await asyncio.sleep(0)
        async with self._main_asyncio_lock:
            self._aborting = False

    # Running a cell

    async def do_execute(
        self,
        code: str,
        silent: bool,
        store_history: bool = True,
        user_expressions: Mapping[str, str] | None = None,
        allow_stdin: bool = False,
        *,
        cell_meta: Mapping[str, Any] | None = None,
        cell_id: str | None = None,
    ) -> dict[str, Any]:
        """Run one cell and say how it ended."""
        line = self._history.add(self.execution_count, code) if store_history and not silent else None
        screen = Screen(
            _mute if silent else self._send,
            count=self.execution_count,
            pager=allow_stdin,
            batch=Still() if self._replays() else None,
        )
        options = {"silent": silent, "store_history": store_history, "allow_stdin": allow_stdin}
        self._cell = asyncio.create_task(self._run(code, screen, options))
        await asyncio.wait({self._cell})
        failure = self._failure(self._cell, screen)
        screen.close()
        if line is not None:
            line.output = screen.value
        reply = {"execution_count": self.execution_count, "payload": screen.payload}
        if failure is None:
            return {"status": "ok", **reply, "user_expressions": _unanswered(user_expressions)}
        if not silent:
            self._send(Message("error", failure.content()))
        return {"status": "error", **reply, **failure.content(), "user_expressions": {}}

    def _replays(self) -> bool:
        """Whether nobody watches time pass: all comes from the tape, at once."""
        steps = self.clock != "flowing" and self.pace.strip() in ("", "0")
        return bool(self.tape) and self.tape_mode == "replay" and steps

    async def _run(self, code: str, screen: Screen, options: Mapping[str, bool]) -> Exit:
        last = Exit(0)
        answer: str | None = None
        breath = time.monotonic()
        notebook = await self.notebook()
        async with contextlib.aclosing(notebook.run_cell(code, **options)) as events:
            while True:
                try:
                    event = await events.asend(answer)
                except StopAsyncIteration:
                    return last
                answer = None
                if isinstance(event, Ask):
                    screen.flush()
                    answer = await self._ask(event) if options["allow_stdin"] else None
                elif isinstance(event, Exit):
                    last = event
                else:
                    screen.show(event)
                if time.monotonic() - breath > BREATH:
                    await asyncio.sleep(0)
                    breath = time.monotonic()

    def _failure(self, cell: asyncio.Task[Exit], screen: Screen) -> Failure | None:
        """How a cell that has ended failed, or None."""
        if cell.cancelled():
            screen.show(Text("stdout", "^C\n"))
            return Failure.of_end(Exit(INTERRUPTED))
        error = cell.exception()
        if error is None:
            return Failure.of_end(cell.result())
        if not isinstance(error, errors.ImaginedMachineError):
            self.log.error("a cell broke the kernel's code", exc_info=error)
        return Failure.of_error(error)

    def finish_metadata(
        self, parent: Mapping[str, Any], metadata: dict[str, Any], reply_content: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Add who answered the cell and what it cost."""
        if self._notebook is not None and reply_content.get("status") != "aborted":
            metadata["llm_kernel"] = self._notebook.report()
        return metadata

    def _send(self, item: Message) -> None:
        self.send_response(self.iopub_socket, item.type, item.content)  # type: ignore[no-untyped-call]

    async def _ask(self, event: Ask) -> str | None:
        if self._terminal is None:
            self._terminal = Terminal(ZMQStream(self.stdin_socket, self.io_loop), self._wire)
        parent = self.get_parent("shell")  # type: ignore[no-untyped-call]
        return await self._terminal.ask(event, parent, self._parent_ident["shell"])

    # Stopping

    async def interrupt_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """End the foreground program; this runs on the control thread, the cell on the shell's."""
        self.io_loop.add_callback(self._interrupt)
        self._wire.send(stream, "interrupt_reply", {"status": "ok"}, parent, ident=ident)

    def _interrupt(self) -> None:
        if self._cell is not None:
            self._cell.cancel()

    def _on_sigint(self, number: int, frame: FrameType | None) -> None:
        self.io_loop.add_callback_from_signal(self._interrupt)

    async def do_shutdown(self, restart: bool) -> dict[str, Any]:
        """End the running cell and close the model's connections, from whichever thread the request came."""
        loop = self.io_loop.asyncio_loop  # type: ignore[attr-defined]
        try:
            if asyncio.get_running_loop() is loop:
                await asyncio.wait_for(self._close(restart), GOODBYE)
            else:
                closing = asyncio.run_coroutine_threadsafe(self._close(restart), loop)
                await asyncio.wait_for(asyncio.wrap_future(closing), GOODBYE)
        except Exception:
            self.log.exception("the session did not close in order")
        return {"status": "ok", "restart": restart}

    async def _close(self, restart: bool) -> None:
        if self._cell is not None and not self._cell.done():
            self._cell.cancel()
            await asyncio.wait({self._cell})
        if self._notebook is not None:
            await self._notebook.close(restart=restart)

    async def create_subshell_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Refuse: a second shell would change the machine under the first one's feet."""
        failure = Failure("Refused", "this kernel runs one cell at a time")
        content = {"status": "error", **failure.content()}
        self._wire.send(stream, "create_subshell_reply", content, parent, ident=ident)

    # Help at the keyboard; a client waits for these replies for ever, so a fault of ours is logged and answered

    async def do_is_complete(self, code: str) -> dict[str, str]:
        """Whether Enter should run the cell or begin another line."""
        try:
            status, indent = await (await self.notebook()).is_complete(code)
        except Exception:
            self.log.exception("is_complete")
            return {"status": "unknown"}
        return {"status": status, "indent": indent} if status == "incomplete" else {"status": status}

    async def do_complete(self, code: str, cursor_pos: int) -> dict[str, Any]:
        """What the word at the cursor could become."""
        try:
            found = await (await self.notebook()).complete(code, cursor_pos)
        except Exception:
            self.log.exception("complete")
            return {"status": "ok", "matches": [], "cursor_start": cursor_pos, "cursor_end": cursor_pos, "metadata": {}}
        typed = [{"text": m.text, "type": m.kind, "start": m.start, "end": m.end} for m in found.matches]
        return {
            "status": "ok",
            "matches": [match.text for match in found.matches],
            "cursor_start": found.start,
            "cursor_end": found.end,
            "metadata": {"_jupyter_types_experimental": typed},
        }

    async def do_inspect(
        self, code: str, cursor_pos: int, detail_level: int = 0, omit_sections: object = ()
    ) -> dict[str, Any]:
        """What the word at the cursor is."""
        try:
            data = dict(await (await self.notebook()).inspect(code, cursor_pos, detail_level))
        except Exception:
            self.log.exception("inspect")
            data = {}
        return {"status": "ok", "found": bool(data), "data": data, "metadata": {}}

    async def do_history(
        self,
        hist_access_type: str,
        output: bool,
        raw: bool,
        session: int | None = None,
        start: int | None = None,
        stop: int | None = None,
        n: int | None = None,
        pattern: str | None = None,
        unique: bool = False,
    ) -> dict[str, Any]:
        """Earlier cells: the last ones, a range, or those that match."""
        match hist_access_type:
            case "range":
                lines = self._history.range(session, start, stop)
            case "search":
                lines = self._history.search(pattern, n, unique)
            case _:
                lines = self._history.tail(n)
        return {"status": "ok", "history": [line.row(output) for line in lines]}


def _mute(item: Message) -> None:
    """Where a silent cell's messages go."""


def _unanswered(expressions: Mapping[str, str] | None) -> dict[str, Any]:
    """An error for each user expression: a shell has no values to show."""
    failure = {"status": "error", **Failure("NotSupported", "this kernel has no expressions").content()}
    return dict.fromkeys(expressions or {}, failure)

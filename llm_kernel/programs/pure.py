"""The article's way on the same machine: a whole cell goes to the model, and its plain lines are the output verbatim.

Its acts change the machine under the same checks as a program's; nothing else is computed or bounded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from llm_kernel.journal import Journal
from llm_kernel.machine import Machine
from llm_kernel.model.request import Backend
from llm_kernel.programs import reads
from llm_kernel.programs.acts import Acts
from llm_kernel.programs.conversing import converse
from llm_kernel.programs.emulated import Options
from llm_kernel.programs.recalled import bearing_facts, past_of
from llm_kernel.prompt import pure_request, told_facts
from llm_kernel.provenance import Answer
from llm_kernel.shell.bash import Shell
from llm_kernel.shell.beginning import environment
from llm_kernel.shell.call import Call
from llm_kernel.shell.limits import Limits, State
from llm_kernel.shell.order import Sink
from llm_kernel.strand import Strand

__all__ = ["Terminal"]


class Terminal:
    """The terminal that a model plays; its acts share one shell for as long as the notebook lives."""

    def __init__(
        self,
        machine: Machine,
        backend: Backend,
        journal: Journal,
        options: Options,
        limits: Limits,
        strand: Strand,
    ) -> None:
        self._machine = machine
        self._backend = backend
        self._journal = journal
        self._options = options
        self._streams = _Sinks(strand)
        env = environment(machine)
        call = Call("bash", (), machine, env["HOME"], env)
        self._acts = Acts(
            machine,
            machine.processes.table[machine.processes.shell],
            call,
            self._streams,
            Answer("", "model"),
            most=options.spend,
            limits=limits,
        )

    async def run(self, text: str, record: Answer, out: Sink, err: Sink) -> int:
        """Give the cell's text to the model and show what it says; the status of its ``exit``, else 0.

        Raises:
            ModelError, TapeError: where the model could not answer; what was shown stays.
        """
        cwd, options = self.state().cwd, self._options
        self._streams.bind(out, err)
        self._acts.begin(record, options.spend)
        paths = reads.named_in(self._machine, text, cwd)
        record.files, record.facts = paths, told_facts(self._machine)
        request = pure_request(
            self._machine,
            text,
            cwd=cwd,
            listing=self._machine.files.listdir(cwd),
            shown=reads.show(self._machine, paths, cwd, budget=options.files),
            past=past_of(self._journal.recall(text, paths), bearing_facts(self._machine, text, paths)),
            tokens=options.tokens,
            seed=options.seed,
            most=options.prompt,
        )
        return await converse(
            self._backend, request, self._acts, self._streams, record, continuations=options.continuations
        )

    @property
    def shell(self) -> Shell:
        """The shell of the terminal's acts."""
        return self._acts.shell

    def state(self) -> State:
        """Where the terminal is."""
        return self._acts.shell.state()

    async def follow(self, cwd: str, exports: Mapping[str, str]) -> None:
        """Take over a changed machine."""
        await self._acts.shell.follow(cwd, exports)


class _Sinks:
    """Streams that lead to the cell which runs now."""

    def __init__(self, strand: Strand) -> None:
        self.strand = strand
        self.parent = 0
        self.adopted = None

    def bind(self, out: Sink, err: Sink) -> None:
        self._out, self._err = out, err

    async def out(self, data: str | bytes) -> None:
        await self._out(data.encode() if isinstance(data, str) else data)

    async def err(self, data: str | bytes) -> None:
        await self._err(data.encode() if isinstance(data, str) else data)

    listens = False

    async def ask(self, prompt: str, hidden: bool) -> str | None:
        return None

    async def chunks(self) -> AsyncIterator[bytes]:
        yield await self.read()

    async def read(self) -> bytes:
        return b""

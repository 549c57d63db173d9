"""A program's talk with the model: a reply is read as it comes, continued where it was cut, ended where it is stuck."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace

from llm_kernel import syntax
from llm_kernel.errors import BadReply, EndpointError
from llm_kernel.model.ahead import Ahead
from llm_kernel.model.request import Backend, Message, Request
from llm_kernel.programs.acts import Acts
from llm_kernel.programs.following import Following
from llm_kernel.programs.python_talk import Exchange
from llm_kernel.provenance import Answer, Refusal
from llm_kernel.reply import Act, Bad, ReplyReader, Say, Turn, apology, repeats
from llm_kernel.shell.call import Io
from llm_kernel.syntax import ends_with
from llm_kernel.tokens import quoted

__all__ = ["converse", "talked"]

_ASKS = 20
"""How often one program may read the terminal."""

_STUCK = 40
"""Equal lines after which a reply is taken to be stuck."""

_GO_ON = (
    "Your reply was cut. Go on exactly behind its last character; repeat nothing, explain nothing. It ended with:\n"
)


_SILENT = frozenset({"spend", "gpu", "truncate", "touch", "mkdir"})
"""Words of acts that print nothing, and so may wait for the lines before them."""


async def converse(
    backend: Backend,
    request: Request,
    acts: Acts,
    streams: Io,
    record: Answer,
    *,
    continuations: int = 4,
    follow: Following | None = None,
    tries: int = 0,
) -> int:
    """Let the model speak until it is done; where its reply reads the terminal, go on with what was typed.

    With ``follow`` (which is then among ``streams``) a reply that its program's source cannot print is asked for again
    from there on, ``tries`` times; then the source prints the rest itself.

    Raises:
        ModelError, TapeError: where the model could not answer; what was printed stays.
    """
    asks, left = _ASKS, continuations
    reader, before = ReplyReader(request.key.get("command", "")), ""
    base, again = request, 0
    while True:
        part = _Part(backend, request, reader, acts, streams, record, before, follow)
        try:
            text = await part.read(last=left == 0)
        except BadReply:
            if follow is None or follow.free or not (again or tries):
                raise
            text = ""
        wrong = follow is not None and bool(follow.wrong)
        if acts.over or (reader.ended == "exit" and (acts.status or follow is None)):
            if follow is not None:
                await follow.end(whole=False)
            return acts.status
        if reader.ended == "read" and asks and not wrong:
            asks -= 1
            shown = await _typed(acts, text, streams)
            key = {**request.key, "typed": f"{request.key.get('typed', '')}{shown}\n"}
            base = request = _answered(request, text, shown, key)
            reader, before = ReplyReader(request.key.get("command", "")), ""
            if follow is not None:
                follow.said = ""
        elif follow is not None and (wrong or not part.cut) and not await follow.settled():
            again += 1
            if again > tries:
                await follow.finish()
                return acts.status if reader.ended == "exit" else 0
            record.tries += 1
            request = _mended(base, follow, again)
            follow.resume()
            reader, before = ReplyReader(request.key.get("command", "")), ""
        elif part.cut and left:
            left -= 1
            key = {**request.key, "part": str(continuations - left)}
            request = replace(_answered(request, text, f"{_GO_ON}{text[-200:]}", key), grammar="")
            before = text
        else:
            return 1 if part.stuck else acts.status if reader.ended == "exit" else 0


def _mended(base: Request, follow: Following, again: int) -> Request:
    """Ask for the rest of a reply from the first line on that the program's source cannot print."""
    forms = "\n".join(follow.possible()) or "(nothing more)"
    fault = f"stopped, for the program cannot print this line there:\n{follow.wrong}" if follow.wrong else "too short."
    text = f"Your reply was {fault}\nWhat it prints next has this form, where you fill in the ?:\n{forms}\n"
    then = f"{text}Go on from there to the program's end; repeat nothing, explain nothing."
    key = {**base.key, "again": str(again)}
    return replace(_answered(base, follow.said or f"{follow.wrong}\n", then, key), grammar="")


def talked(request: Request, past: Sequence[Exchange]) -> Request:
    """The request of a program that has already said and read something at the terminal."""
    for one in past:
        key = {**request.key, "typed": f"{request.key.get('typed', '')}{one.typed}\n"}
        request = _answered(request, f"{one.said}@ read -p {quoted(one.prompt)} line\n", one.typed, key)
    return request


def _answered(request: Request, said: str, then: str, key: dict[str, str]) -> Request:
    messages = (*request.messages, Message("assistant", said), Message("user", then))
    return replace(request, messages=messages, key=key)


class _Part:
    """One reply or a piece: ``cut`` at the limit of tokens, ``stuck`` in one line; ``before`` is what it continues."""

    def __init__(
        self,
        backend: Backend,
        request: Request,
        reader: ReplyReader,
        acts: Acts,
        streams: Io,
        record: Answer,
        before: str,
        follow: Following | None,
    ) -> None:
        self._request, self._follow = request, follow
        strand, records = streams.strand, getattr(backend, "records", False)
        self._enough = getattr(backend, "enough", _nobody)
        self._ahead = Ahead(backend.stream(request), strand.away, drain=lambda task: strand.drain(task, records))
        self._reader, self._acts, self._streams, self._record = reader, acts, streams, record
        self._before = before
        self.cut = self.stuck = False

    async def read(self, *, last: bool) -> str:
        """Show and do what the reply says; its text. ``last``: it will not be continued."""
        pieces: list[str] = []
        held, said, finish = "", 0, ""
        record, reader = self._record, self._reader
        try:
            async with aclosing(self._ahead.deltas()) as deltas:
                async for delta in deltas:
                    record.by, record.model = delta.source, delta.model or record.model
                    finish = delta.finish or finish
                    if not delta.text:
                        continue
                    pieces.append(delta.text)
                    held += delta.text
                    said += len(delta.text)
                    if len(held) == said and (apology(held) or self._may_repeat(held)):
                        continue  # only a beginning can be a refusal, or say again what was said
                    await self._turns(reader.feed(self._new(held) if len(held) == said else held))
                    held = ""
                    unheld = self._follow is None or self._follow.free
                    self.stuck = unheld and "\n" in delta.text and repeats("".join(pieces[-4000:]), _STUCK)
                    if reader.closed or self._acts.over or self.stuck or self._wrong:
                        self._ahead.enough(lambda: self._enough(self._request))
                        break
        finally:
            record.seconds += self._ahead.seconds
            record.count(self._ahead.usage, self._ahead.usd)
        text = "".join(pieces)
        if held and not self._before and apology(text):
            raise BadReply(f"The model answered with an apology instead of the program's output: {text.strip()[:300]}")
        over = bool(reader.ended) or self._acts.over or self.stuck or self._wrong
        self.cut = finish == "length" and not over
        rest = reader.feed(self._new(held) if len(held) == said else held)
        await self._turns(rest if self.cut and not last else [*rest, *reader.close()])
        await self._end(last=last)
        return self._before + self._new(text)

    async def _end(self, *, last: bool) -> None:
        if self.stuck:
            self._record.refused.append(Refusal("...", f"the reply repeated one line more than {_STUCK} times"))
            await self._streams.err("[the model repeated one line without end; its reply was ended here]\n")
        if self.cut and last:
            raise EndpointError(
                f"The reply was cut after {self._request.max_tokens} tokens; what was printed stays. "
                "Raise c.LLMKernel.reply_tokens or c.LLMKernel.continuations to let programs say more."
            )

    @property
    def _wrong(self) -> bool:
        return self._follow is not None and bool(self._follow.wrong)

    def _may_repeat(self, text: str) -> bool:
        """Whether what came so far could still be all of a repetition."""
        tail = self._before[-200:]
        return bool(tail) and len(text) < len(tail) and any(tail[at:].startswith(text) for at in range(len(tail)))

    def _new(self, text: str) -> str:
        """``text`` without what it says again of what came before it: the line it was cut in, or more."""
        tail = self._before[-400:]
        line = tail.rpartition("\n")[2]
        longest = next((n for n in range(min(len(tail), len(text)), 3, -1) if tail.endswith(text[:n])), 0)
        if not longest and line and text.startswith(line):
            longest = len(line)
        return text[longest:]

    async def _turns(self, turns: list[Turn]) -> None:
        for turn in turns:
            if self._acts.over or self._wrong:
                return
            match turn:
                case Say(text):
                    await self._streams.out(text)
                case Act(text):
                    await self._act(text)
                case Bad(text, reason):
                    self._record.refused.append(Refusal(text, reason))
        await asyncio.sleep(0)

    async def _act(self, text: str) -> None:
        ends = ends_with(text)
        if ends == "read":
            return
        if self._follow is None or ends:
            await self._acts.run(text)
        else:
            prints = not syntax.names(text) <= _SILENT
            if prints and self._acts.ghost:
                self._follow.lose()
            await self._follow.act(lambda: self._acts.run(text), text, prints=prints)


def _nobody(request: Request) -> None:
    """A backend that records nothing has no use for knowing that its reader heard enough."""


async def _typed(acts: Acts, text: str, streams: Io) -> str:
    """Carry out a reply's last act, ``read``; what the model is told of it."""
    line = text.rstrip("\n").rpartition("\n")[2].removeprefix("@ ")
    hidden, prompt, name = _read_options(line)
    if isinstance(streams, Following):
        await streams.asked(prompt)
    typed = await streams.ask(prompt, hidden)
    if typed is None:
        return "<end of file>"
    if name:
        await acts.set(name, typed)
    return "<hidden>" if hidden else typed


def _read_options(line: str) -> tuple[bool, str, str]:
    try:
        found = shlex.split(line)[1:]
    except ValueError:
        found = line.split()[1:]
    hidden, prompt, name = False, "", ""
    while found:
        word = found.pop(0)
        if word.startswith("-"):
            hidden = hidden or "s" in word[1:].partition("p")[0]
            if "p" in word and found:
                prompt = found.pop(0)
        else:
            name = word
    return hidden, prompt, name if name.isidentifier() else ""

"""Background jobs as data, and taken up again by another kernel.

A job that has not begun yet begins, one that is one emulated program goes on at its turn, and one that sleeps sleeps
on. Whatever else a shell was in the middle of cannot be told from outside: such a job has ended (``Terminated``).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from llm_kernel.errors import StateError
from llm_kernel.machine import Machine
from llm_kernel.machine.processes import Process
from llm_kernel.shell.background import Order
from llm_kernel.shell.call import Call
from llm_kernel.shell.job import Job
from llm_kernel.shell.jobs import Jobs
from llm_kernel.timeline import Timeline

__all__ = ["keep_jobs", "take_jobs"]

Told = Callable[[int, float | None], dict[str, Any] | None]
"""How far the program of a process has come, given the seconds until it wakes; None where it cannot be told."""

_NOHUP = re.compile(r"^\s*nohup\s+")
_ANEW = re.compile(r"\$\(|`|[<>]\(")
_MOST = 1_000_000
_ENDED = 15


def keep_jobs(jobs: Jobs, told: Told) -> dict[str, Any]:
    """The job table as JSON-able data."""
    rows = [_row(job, told, orphan=False) for job in jobs.table]
    rows += [_row(job, told, orphan=True) for job in jobs.orphans]
    return {"last": jobs.last, "statuses": [[pid, status] for pid, status in jobs.statuses.items()], "rows": rows}


def take_jobs(
    jobs: Jobs,
    state: Mapping[str, Any],
    machine: Machine,
    timeline: Timeline,
    resume: Callable[[int, Mapping[str, Any]], None],
) -> None:
    """Let a new table hold the jobs of ``state``; ``resume`` is told of each program that goes on.

    Raises:
        StateError: for a damaged state, before anything is taken up.
    """
    try:
        read = [(_job(row, machine, timeline), row) for row in state["rows"]]
        jobs.last = int(state["last"])
        jobs.statuses.update({int(pid): int(status) for pid, status in state["statuses"]})
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise StateError(f"the stored jobs are damaged: {err!r}") from err
    known = {job.pid for job, _ in read}
    for process in machine.processes.running():
        if process.pid not in known and (process.background or _below(machine, process, known)):
            machine.processes.end(process.pid)
    for job, row in read:
        (jobs.orphans if row["orphan"] else jobs.table).append(job)
        if job.over:
            continue
        if row["newborn"]:
            job.strand.newborn = True
            jobs.go_on(job, job.order.body)
        elif row["progress"]:
            resume(job.pid, row["progress"])
            jobs.go_on(job, _rest(job.order))
        elif row["sleep"] is not None:
            job.strand.left = float(row["sleep"])
            jobs.go_on(job, _rest(job.order))
        else:
            job.state, job.status, job.signal = "Terminated", 128 + _ENDED, _ENDED
            machine.processes.end(job.pid)


def _row(job: Job, told: Told, *, orphan: bool) -> dict[str, Any]:
    order, call = job.order, job.call
    waits = job.strand.left if job.strand.left is not None else job.strand.remaining  # it may not have begun again
    remaining = None if job.over else waits
    alone = not job.over and order.simple and not _ANEW.search(order.body)
    program = told(job.pid, remaining) if alone else None
    sleeps = alone and program is None and order.words[order.words[:1] == ("nohup",) :][:1] == ("sleep",)
    return {
        "number": job.number,
        "order": [
            order.text,
            list(order.words),
            order.simple,
            list(order.files),
            order.body,
            list(map(list, order.routes)),
        ],
        "cwd": call.cwd,
        "env": {name: value for name, value in call.env.items() if not job.over},
        "args": [] if job.over else list(call.args),
        "names": list(job.names),
        "pid": job.pid,
        "state": job.state,
        "status": job.status,
        "signal": job.signal,
        "pending": job.pending,
        "told": job.told,
        "held": [[error, base64.b64encode(data).decode()] for error, data in job.held],
        "orphan": orphan,
        "newborn": not job.over and job.strand.newborn,
        "progress": program,
        "sleep": remaining if sleeps else None,
    }


def _job(row: Mapping[str, Any], machine: Machine, timeline: Timeline) -> Job:
    text, words, simple, files, body, routes = row["order"]
    order = Order(
        str(text),
        tuple(map(str, words)),
        bool(simple),
        tuple(map(str, files)),
        str(body),
        tuple((int(number), str(operator), str(to)) for number, operator, to in routes),
    )
    env = {str(name): str(value) for name, value in row["env"].items()}
    call = Call("", tuple(map(str, row["args"])), machine, str(row["cwd"]), env)
    pid = int(row["pid"])
    process = machine.processes.table.get(pid) or Process(pid, 1, "root", "?", machine.clock.now, order.words)
    job = Job(int(row["number"]), order, process, timeline.strand(), call, tuple(map(str, row["names"])))
    job.state, job.status, job.signal, job.told = (
        str(row["state"]),
        int(row["status"]),
        int(row["signal"]),
        bool(row["told"]),
    )
    job.pending = [int(signal) for signal in row.get("pending", [])]
    if not job.over and pid not in machine.processes.table:
        raise ValueError(f"process {pid} of a running job is not there")
    job.held = [(bool(error), base64.b64decode(data)[:_MOST]) for error, data in row["held"]]
    job.size = sum(len(data) for _, data in job.held)
    job.live = False
    if row["sleep"] is not None and not 0 <= float(row["sleep"]) < 1e12:
        raise ValueError(f"a sleep of {row['sleep']} seconds")
    if row["progress"] is not None and not isinstance(row["progress"], dict):
        raise TypeError("a program's progress is no record")
    return job


def _below(machine: Machine, process: Process, pids: set[int]) -> bool:
    """Whether one of ``pids`` started the process, or what started it: its worker, which it starts again."""
    seen = set()
    while process.ppid in machine.processes.table and process.pid not in seen:
        seen.add(process.pid)
        if process.ppid in pids:
            return True
        process = machine.processes.table[process.ppid]
    return False


def _rest(order: Order) -> str:
    """What is run of a job that goes on: ``nohup`` has said what it says, and its file is written on."""
    body = _NOHUP.sub("", order.body)
    if body == order.body:
        return body
    routed = {number for number, operator, _ in order.routes} | (
        {1, 2} if any("&" in one[1] for one in order.routes) else set()
    )
    if 1 not in routed:
        body += " >>nohup.out"
    return body if 2 in routed else f"{body} 2>&1"

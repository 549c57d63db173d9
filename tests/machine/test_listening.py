"""What runs, listens where it was told to; what has ended does not."""

from __future__ import annotations

import shlex

import pytest

from llm_kernel.machine import Machine
from llm_kernel.machine.listening import listeners

SERVERS = {
    "/usr/sbin/nginx -g 'daemon off;'": ["0.0.0.0:80", ":::80"],
    "/usr/sbin/httpd -DFOREGROUND": [":::80"],
    "jupyter notebook": ["127.0.0.1:8888", "::1:8888"],
    "jupyter lab --ip=0.0.0.0 --port 8889 --no-browser": ["0.0.0.0:8889"],
    "/usr/bin/python3 /usr/local/bin/jupyter-lab --ip=* --port=9000": ["0.0.0.0:9000"],
    "jupyter nbconvert x.ipynb": [],
    "tensorboard --logdir runs": ["127.0.0.1:6006"],
    "tensorboard --logdir=runs --port=7007 --bind_all": ["0.0.0.0:7007"],
    "python3 -m http.server": ["0.0.0.0:8000"],
    "python3 -m http.server --bind 127.0.0.1 9001": ["127.0.0.1:9001"],
    "flask run -p 5001": ["127.0.0.1:5001"],
    "gunicorn -b 0.0.0.0:8080 app:app": ["0.0.0.0:8080"],
    "python3 train.py --port 8000": [],
}


@pytest.fixture(scope="module")
def machine() -> Machine:
    return Machine()


@pytest.mark.parametrize("line", SERVERS)
def test_a_server_listens_while_it_runs(machine: Machine, line: str) -> None:
    before = listeners(machine)
    process = machine.processes.spawn(tuple(shlex.split(line)), user="root", now=machine.clock.now)
    own = [f"{one.address}:{one.port}" for one in listeners(machine) if one.pid == process.pid]
    machine.processes.end(process.pid)
    assert (own, listeners(machine)) == (SERVERS[line], before)


def test_of_two_servers_at_one_port_the_first_has_it(machine: Machine) -> None:
    first, second = (
        machine.processes.spawn(("python3", "-m", "http.server"), user="root", now=machine.clock.now) for _ in range(2)
    )
    assert [one.pid for one in listeners(machine) if one.port == 8000] == [first.pid]
    machine.processes.end(first.pid)
    assert [one.pid for one in listeners(machine) if one.port == 8000] == [second.pid]
    machine.processes.end(second.pid)

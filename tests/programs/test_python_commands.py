"""Commands that a computed program runs: they run on the machine, and what they did counts only with the program."""

from __future__ import annotations

from tests.notebook import Notebook, out

PROGRAMS = {
    'r = subprocess.run(["echo", "a b"], capture_output=True, text=True); print(r)': (
        "CompletedProcess(args=['echo', 'a b'], returncode=0, stdout='a b\\n', stderr='')\n"
    ),
    'print(subprocess.check_output("echo o; echo e >&2", shell=True, stderr=subprocess.STDOUT))': "b'o\\ne\\n'\n",
    'print(subprocess.getstatusoutput("echo a; exit 3"))': "(3, 'a')\n",
    "try:\n    subprocess.run(['ls', 'no'], check=True, capture_output=True, text=True)\n"
    "except subprocess.CalledProcessError as e:\n    print(e, e.stderr)": (
        "Command '['ls', 'no']' returned non-zero exit status 2. ls: cannot access 'no': No such file or directory\n\n"
    ),
    "try:\n    subprocess.run(['nosuch'])\nexcept FileNotFoundError as e:\n    print(e)": (
        "[Errno 2] No such file or directory: 'nosuch'\n"
    ),
    "print(1); print(os.system('echo two; exit 2'))": "1\ntwo\n512\n",
    "f = os.popen('echo a; false'); print(f.read(), f.close())": "a\n 256\n",
    "open('i', 'w').write('b\\na\\n'); print(subprocess.check_output(['sort', 'i']))": "b'a\\nb\\n'\n",
    "os.system('echo new > made'); print(open('made').read())": "new\n\n",
    "p = subprocess.Popen(['printf', 'x\\\\ny\\\\n'], stdout=subprocess.PIPE)\n"
    "q = subprocess.Popen(['grep', 'y'], stdin=p.stdout, stdout=subprocess.PIPE, text=True)\n"
    "print(q.communicate(), q.returncode)": "('y\\n', None) 0\n",
    "print(subprocess.run(['tr', 'a', 'b'], input='aha', text=True, capture_output=True).stdout)": "bhb\n",
    "os.environ['F'] = 'g'; print(subprocess.check_output('echo $F; pwd', shell=True, cwd='/'))": "b'g\\n/\\n'\n",
}


async def test_commands_run_on_the_machine() -> None:
    notebook = Notebook()
    said = {}
    for program in PROGRAMS:
        notebook.machine.files.write("/root/t.py", f"import os, subprocess\n{program}\n".encode())
        said[program] = await notebook.said("python3 t.py")
    assert said == PROGRAMS
    assert notebook.requests == []


async def test_time_that_a_command_takes_is_the_programs_too() -> None:
    notebook = Notebook()
    begun = notebook.machine.clock.now
    program = "import subprocess, time\nt = time.time()\nsubprocess.run(['sleep', '20'])\nprint(round(time.time() - t))"
    notebook.machine.files.write("/root/t.py", program.encode())
    assert await notebook("python3 t.py") == out("20\n")
    assert 20 <= notebook.machine.clock.now - begun < 30


async def test_what_a_command_did_is_undone_where_the_program_is_the_models() -> None:
    notebook = Notebook(["from the model\n"]).unplanned()
    program = b"import os\nos.system('mkdir d; echo x > y')\ngetattr(1, '__sub' + 'classes__')\n"
    notebook.machine.files.write("/root/t.py", program)
    assert await notebook("python3 t.py; ls") == out("from the model\nt.py\n")

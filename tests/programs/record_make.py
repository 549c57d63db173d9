"""Runs makefiles with this computer's GNU make 4.3: ``python -m tests.programs.record_make``."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).with_name("recorded_make.json")
CASES: dict[str, Any] = {
    "simple": {
        "files": {
            "Makefile": "all: a b\n"
            "\n"
            "a: c\n"
            "\tcat c > a\n"
            "\n"
            "b:\n"
            "\techo b > $@\n"
            "\n"
            "clean:\n"
            "\trm -f a b\n"
            ".PHONY: all clean\n",
            "c": "1\n",
        },
        "commands": ["make", "make", "touch c; make", "make clean", "make nothere", "make a", "make a", "make c"],
    },
    "vars": {
        "files": {
            "Makefile": "X = 1\n"
            "Y := $(X)2\n"
            "X = 3\n"
            "Z ?= q\n"
            "X += 4\n"
            "all:\n"
            "\t@echo $(X) $(Y) ${Z} $$HOME\n"
            "\t-false\n"
            "\tfalse\n"
            "\techo no\n"
        },
        "commands": ["make", "make Z=5", "make -n", "make -s"],
    },
    "pattern": {
        "files": {
            "Makefile": "SRC = $(wildcard *.in)\n"
            "OUT = $(SRC:.in=.out)\n"
            "all: $(OUT)\n"
            "\n"
            "%.out: %.in\n"
            "\tcp $< $@ # copies\n"
            "\t@echo made $@ from $^ stem $*\n"
            "\n"
            "show: ; @echo $(OUT) $(patsubst %.in,x/%,$(SRC)) $(words $(SRC))\n",
            "b.in": "b\n",
            "a.in": "a\n",
        },
        "commands": ["make show", "make", "make", "touch b.in; make", "make -B"],
    },
    "missing": {"files": {"Makefile": "all: dep\n\techo x\ndep: gone.c\n\techo y\n"}, "commands": ["make", "make dep"]},
    "none": {"files": {}, "commands": ["make", "make x", "make -f foo"]},
    "sep": {"files": {"Makefile": "all:\n    echo spaces\n"}, "commands": ["make"]},
    "bad": {
        "files": {"Makefile": "all:\n\tnosuchcmd --x\n\nsh:\n\tnosuchcmd | cat; exit 3\n\nq:\n\t@exit 7\n"},
        "commands": ["make", "make q"],
    },
    "cond": {
        "files": {
            "Makefile": "D ?= 0\n"
            "ifeq ($(D),1)\n"
            "F = debug\n"
            "else\n"
            "F = release\n"
            "endif\n"
            "ifdef F\n"
            "G = yes\n"
            "endif\n"
            "all:\n"
            "\t@echo $(F) $(G) \\\n"
            "\t  more\n"
        },
        "commands": ["make", "make D=1"],
    },
    "sub": {
        "files": {
            "Makefile": "all:\n\t$(MAKE) -C sub\n\tcd sub && $(MAKE) clean\n",
            "sub/Makefile": "all: x\nx:\n\ttouch x\nclean:\n\trm x\n",
        },
        "commands": ["make", "make -C sub", "make -C sub", "make -C nowhere"],
    },
    "implicit": {
        "files": {"hello.c": '#include <stdio.h>\nint main(void){ puts("hi"); return 0; }\n', "z.c": "int z;\n"},
        "commands": ["make hello", "make hello", "./hello", "make hello.c", "make z.o CFLAGS=-O2"],
    },
    "objs": {
        "files": {
            "Makefile": "CFLAGS=-g\nhello: hello.o\nhello.o: hello.c\n",
            "hello.c": '#include <stdio.h>\nint main(void){ puts("hi"); return 0; }\n',
        },
        "commands": ["make", "make"],
    },
    "shell": {
        "files": {
            "Makefile": "N := $(shell ls *.t | wc -l)\nall:\n\t@echo $(N) $(shell echo hi)\n",
            "a.t": "",
            "b.t": "",
        },
        "commands": ["make"],
    },
    "order": {
        "files": {"Makefile": "out/a: a | out\n\tcp a out/a\nout:\n\tmkdir -p $@\n", "a": "x\n"},
        "commands": ["make", "make", "touch a; make"],
    },
    "static": {
        "files": {
            "Makefile": "O = a.o b.o\n"
            "all: $(O)\n"
            "$(O): %.o: %.q\n"
            "\tcp $< $@\n"
            "list:\n"
            "\t@echo '$(sort $(O))' $(addprefix d/,$(O)) $(dir d/a.o) $(notdir d/a.o) "
            "$(basename a.o) $(filter a%,$(O)) $(foreach x,1 2,n$x)\n"
            "\t@for i in 1 2; do echo $$i; done\n",
            "a.q": "1",
            "b.q": "2",
        },
        "commands": ["make", "make list", "make -n clean"],
    },
    "help": {
        "files": {
            "Makefile": "help: ## show\n"
            "\t@echo 'usage: make x' # not a make comment\n"
            "\t@# hidden\n"
            "\t# shown\n"
            "empty:\n"
            "\n"
            "use: empty\n"
            "\t@true\n"
            "v = a\\\n"
            "  b\n"
            "w:\n"
            '\t@echo "$(v)"\n'
        },
        "commands": ["make", "make empty", "make use", "make w"],
    },
}


def main() -> None:
    rows = []
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            for path, text in case["files"].items():
                file = Path(folder, path)
                file.parent.mkdir(exist_ok=True)
                file.write_text(text)
            said = [_run(command, folder, name) for command in case["commands"]]
        rows.append({"name": name, "files": case["files"], "said": said})
    RECORDED.write_text(json.dumps(rows, indent=1) + "\n")


def _run(command: str, folder: str, name: str) -> list[Any]:
    env = {"PATH": os.environ["PATH"], "HOME": "/root"}
    line = f"sleep 0.02; {command}"  # a file of the next command is newer
    run = subprocess.run(["bash", "-c", line], cwd=folder, env=env, capture_output=True, text=True, check=False)
    return [command, *(text.replace(folder, f"/{name}") for text in (run.stdout, run.stderr)), run.returncode]


if __name__ == "__main__":
    main()

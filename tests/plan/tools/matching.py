# ruff: noqa
def run(command):
    match command.split():
        case ["go", direction]:
            return f"going {direction}"
        case ["quit" | "exit"]:
            return "bye"
        case _:
            return "what?"


def status(code):
    match code:
        case 200:
            return "ok"
        case 404 | 410:
            return "gone"
        case _:
            return "other"


for code in (200, 404, 500):
    print(code, status(code))
for command in ("go north", "exit", "dance"):
    print(run(command))

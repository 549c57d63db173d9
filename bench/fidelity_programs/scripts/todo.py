"""A todo list in a JSON file: todo.py add TEXT | list | done N."""
import json
import os
import sys

STORE = "todo.json"


def load():
    if not os.path.exists(STORE):
        return []
    with open(STORE) as f:
        return json.load(f)


def main(argv):
    items = load()
    command = argv[0] if argv else "list"
    if command == "add":
        items.append({"text": " ".join(argv[1:]), "done": False})
        print(f"added {items[-1]['text']!r} as number {len(items)}")
    elif command == "done":
        items[int(argv[1]) - 1]["done"] = True
        print("well done")
    elif command == "list":
        for n, item in enumerate(items, 1):
            print(f"{n}. [{'x' if item['done'] else ' '}] {item['text']}")
    else:
        print(__doc__, file=sys.stderr)
        return 2
    with open(STORE, "w") as f:
        json.dump(items, f, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

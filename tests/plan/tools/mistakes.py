# ruff: noqa
def parse(text):
    try:
        return int(text)
    except ValueError as error:
        print(f"bad {text!r}: {error}")
        return None
    finally:
        print("tried", text)


total = 0
for text in ["1", "two", "3"]:
    value = parse(text)
    if value is None:
        continue
    total += value
print("total", total)
try:
    print({"a": 1}["b"])
except KeyError:
    print("no such key")
try:
    [][1]
except (IndexError, TypeError):
    print("out of range")
else:
    print("never")
print("before the end")
raise RuntimeError("planned")

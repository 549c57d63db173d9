# ruff: noqa
import sys

if len(sys.argv) < 3:
    print("usage: usage.py A B", file=sys.stderr)
    sys.exit(2)
first, second = int(sys.argv[1]), int(sys.argv[2])
print(f"{first} + {second} = {first + second}")
try:
    print(f"{first} / {second} = {first / second:.3f}")
except ZeroDivisionError:
    print("cannot divide by zero")

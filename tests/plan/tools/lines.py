# ruff: noqa
import os

with open(__file__) as source:
    for number, line in enumerate(source, start=1):
        if "with" in line:
            print(f"{number}: {line.rstrip()}")
print(f"{os.path.basename(__file__)} has {len(open(__file__).read())} characters")
if os.path.exists("/nonexistent/file"):
    print("found")

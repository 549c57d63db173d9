# ruff: noqa
import datetime
import platform
import uuid

now = datetime.datetime.now()
print(f"It is {now:%Y-%m-%d %H:%M}.")
print("Today:", now.strftime("%A"))
print("id", uuid.uuid4())
print(f"Python {platform.python_version()} on {platform.system()}")
stamp = now.isoformat()
print("[" + stamp + "] ready")

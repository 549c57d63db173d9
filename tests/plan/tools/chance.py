# ruff: noqa
import random
import time

start = time.time()
rolls = 0
for game in range(5):
    value = random.randint(1, 6)
    print(f"game {game}: rolled {value}")
    if value == 6:
        print("  lucky!")
    elif value < 3:
        print("  low")
if random.random() < 0.5:
    print("heads")
else:
    print("tails")
print(f"mean {random.uniform(1, 6):.4f} after {time.time() - start:.2f}s")
print("value:", random.random())

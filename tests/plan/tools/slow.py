# ruff: noqa
total = 0
for number in range(200000):
    total += number * number % 7
print("total:", total)
squares = [n * n for n in range(1000)]
print("last square:", squares[-1])
print("ready")

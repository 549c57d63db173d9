# ruff: noqa
def factorial(n):
    return 1 if n <= 1 else n * factorial(n - 1)


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def hanoi(n, source, target, spare):
    if n == 0:
        return 0
    moves = hanoi(n - 1, source, spare, target)
    print(f"Move disk {n} from {source} to {target}")
    return moves + 1 + hanoi(n - 1, spare, target, source)


print("10! =", factorial(10))
print("fib:", [fib(n) for n in range(10)])
print(f"{hanoi(3, 'A', 'C', 'B')} moves")

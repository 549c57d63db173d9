# ruff: noqa
import math


def is_prime(n):
    if n < 2:
        return False
    return all(n % d for d in range(2, math.isqrt(n) + 1))


found = [n for n in range(60) if is_prime(n)]
print("Primes below 60:", found)
print(f"{len(found)} primes, the largest is {max(found)}, their mean is {sum(found) / len(found):.3f}")
for index, prime in enumerate(found[:5], start=1):
    print(f"{index:2d}. {prime:>4}")

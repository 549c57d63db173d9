import sys

limit = int(sys.argv[1]) if len(sys.argv) > 1 else 60
sieve = [True] * (limit + 1)
sieve[0:2] = [False, False]
for n in range(2, int(limit ** 0.5) + 1):
    if sieve[n]:
        for multiple in range(n * n, limit + 1, n):
            sieve[multiple] = False
primes = [n for n, prime in enumerate(sieve) if prime]
for i in range(0, len(primes), 8):
    print(" ".join(f"{p:4d}" for p in primes[i:i + 8]))
print(f"{len(primes)} primes up to {limit}")

# ruff: noqa
def countdown(n):
    while n > 0:
        yield n
        n -= 1


def squares(values):
    for value in values:
        yield value**2


print(list(countdown(4)))
print(sum(squares(countdown(4))))
for left, right in zip(["a", "b", "c"], squares([1, 2, 3]), strict=False):
    print(left, right)
pairs = {key: value for value, key in enumerate("xyz")}
print(pairs, sorted(pairs, reverse=True), "y" in pairs)
first, *rest = [1, 2, 3, 4]
print(first, rest, rest[-1], rest[:2])
print(any(n > 3 for n in rest), all(n > 3 for n in rest), list(map(str, rest)), list(filter(lambda n: n % 2, rest)))
numbers = [3, 1, 2]
numbers.sort(reverse=True)
numbers.append(0)
print(numbers, numbers.pop(), numbers.index(1))

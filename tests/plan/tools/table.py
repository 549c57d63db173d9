# ruff: noqa
size = 5
print("    " + "".join(f"{n:4d}" for n in range(1, size + 1)))
print("   +" + "-" * 4 * size)
for row in range(1, size + 1):
    print(f"{row:2d} |", end="")
    for column in range(1, size + 1):
        print(f"{row * column:4d}", end="")
    print()
matrix = [[row * 3 + column for column in range(3)] for row in range(2)]
print(matrix, [list(column) for column in zip(*matrix)])

# ruff: noqa
def steps(n):
    count = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        count += 1
    return count


best = 0
for n in range(1, 30):
    count = steps(n)
    if count > best:
        best = count
        print(f"{n:3d} takes {count} steps")
        if count > 100:
            break
else:
    print("never above 100")
print("best", best)

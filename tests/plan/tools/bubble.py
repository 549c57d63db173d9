# ruff: noqa
values = [5, 1, 4, 2, 8]
swapped = True
round_number = 0
while swapped:
    swapped = False
    round_number += 1
    for i in range(len(values) - 1):
        if values[i] > values[i + 1]:
            values[i], values[i + 1] = values[i + 1], values[i]
            swapped = True
    print(f"after round {round_number}: {values}")
low, high, target = 0, len(values) - 1, 4
while low <= high:
    middle = (low + high) // 2
    print("looking at", middle, values[middle])
    if values[middle] == target:
        print("found at", middle)
        break
    if values[middle] < target:
        low = middle + 1
    else:
        high = middle - 1

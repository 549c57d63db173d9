# ruff: noqa
import sys

name, value, ratio = "alpha", 42, 2 / 3
print("%s = %d (%.2f%%)" % (name, value, ratio * 100))
print(f"{name}-{value}-{name}")
print("{:>10}|{:<6}|{:^9}|{:08.3f}|{:+d}|{:,}".format(name, value, "mid", ratio, value, 1234567))
print(f"{ratio!r} {name!r:>10} {value:#x} {value:b} {ratio:.1%} {1e10:e}")
print("a", "b", "c", sep="-", end="!\n")
print(1, 2.0, None, True, [1, "two"], {"k": (3,)}, sep=" | ")
print("no newline ", end="")
sys.stdout.write("written\n")
print('tab\tand "quotes" and \\ and ünïcödé')
print(*range(5), sep=", ")
print()
print("multi\nline")
width = 12
print(f"{name:*^{width}}")
print(f"{1} {[2][0]}")

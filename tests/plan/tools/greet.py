# ruff: noqa
import argparse
import sys


def main():
    parser = argparse.ArgumentParser(description="Greets people.")
    parser.add_argument("names", nargs="*", default=["world"])
    parser.add_argument("-n", "--count", type=int, default=1)
    parser.add_argument("--shout", action="store_true")
    args = parser.parse_args()
    print(args)
    for _ in range(args.count):
        for name in args.names:
            line = f"Hello, {name}!"
            print(line.upper() if args.shout else line)
    print("done", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

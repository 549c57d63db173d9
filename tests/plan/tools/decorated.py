# ruff: noqa
import functools


def traced(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        print("calling", function.__name__, args, kwargs)
        result = function(*args, **kwargs)
        print("  ->", result)
        return result

    return wrapper


def repeat(times):
    def decorate(function):
        def wrapper(*args):
            for _ in range(times):
                function(*args)

        return wrapper

    return decorate


@traced
def add(a, b=2):
    return a + b


@repeat(3)
def hello(name):
    print("hello", name)


def counter():
    count = 0

    def increase():
        nonlocal count
        count += 1
        return count

    return increase


add(1)
add(1, b=5)
hello("you")
tick = counter()
tick()
print(tick(), tick())

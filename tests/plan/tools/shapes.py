# ruff: noqa
import math
from abc import ABC, abstractmethod


class Shape(ABC):
    count = 0

    def __init__(self, name):
        self.name = name
        Shape.count += 1

    @abstractmethod
    def area(self): ...

    def describe(self):
        print(f"{self} with area {self.area():.2f}")

    def __repr__(self):
        return f"{type(self).__name__}({self.name})"


class Circle(Shape):
    def __init__(self, radius):
        super().__init__("circle")
        self.radius = radius

    def area(self):
        return math.pi * self.radius**2


class Square(Shape):
    @classmethod
    def unit(cls):
        return cls("unit", 1)

    def __init__(self, name, side):
        super().__init__(name)
        self.side = side

    def area(self):
        return self.side * self.side

    @staticmethod
    def corners():
        return 4


shapes = [Circle(2), Square("big", 3), Square.unit()]
for shape in shapes:
    shape.describe()
print(shapes, Shape.count, Square.corners())
print(max(shapes, key=lambda shape: shape.area()).name)

# ruff: noqa
from dataclasses import dataclass, field


@dataclass
class Item:
    name: str
    price: float
    count: int = 1

    @property
    def total(self):
        return self.price * self.count


@dataclass
class Cart:
    items: list = field(default_factory=list)

    def add(self, item):
        self.items.append(item)

    def report(self):
        for item in self.items:
            print(f"{item.name:<10} {item.count:>3} x {item.price:>7.2f} = {item.total:>8.2f}")
        print("=" * 34)
        print(f"{'total':<10} {sum(item.total for item in self.items):>23.2f}")


cart = Cart()
cart.add(Item("apple", 0.5, 6))
cart.add(Item("bread", 2.25))
cart.add(Item(name="cheese", price=7.99, count=2))
cart.report()

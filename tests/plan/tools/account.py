# ruff: noqa
class InsufficientFunds(Exception):
    pass


class Account:
    bank = "First Bank"

    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance
        self.log = []

    def deposit(self, amount):
        self.balance += amount
        self.log.append(("deposit", amount))
        return self

    def withdraw(self, amount):
        if amount > self.balance:
            raise InsufficientFunds(f"{self.owner} has only {self.balance}")
        self.balance -= amount
        self.log.append(("withdraw", amount))
        return self

    def __str__(self):
        return f"<{self.owner}: {self.balance} at {self.bank}>"


class Savings(Account):
    def __init__(self, owner, rate):
        super().__init__(owner, 100)
        self.rate = rate

    def interest(self):
        self.deposit(self.balance * self.rate)


first = Account("Ada")
first.deposit(50).withdraw(20)
print(first)
try:
    first.withdraw(1000)
except InsufficientFunds as error:
    print("refused:", error)
finally:
    print("log:", first.log)
second = Savings("Bob", 0.05)
for _ in range(3):
    second.interest()
print(second, isinstance(second, Account), len(second.log))

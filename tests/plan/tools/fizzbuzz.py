# ruff: noqa
def word(number):
    text = ""
    if number % 3 == 0:
        text += "Fizz"
    if number % 5 == 0:
        text += "Buzz"
    return text or str(number)


for number in range(1, 31):
    print(word(number))
print("-" * 20)

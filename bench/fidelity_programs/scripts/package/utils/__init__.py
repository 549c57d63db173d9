VERSION = "1.2"


def banner(text, char="*"):
    line = char * (len(text) + 4)
    print(line)
    print(char, text, char)
    print(line)

import collections
import re
import sys

path = sys.argv[1] if len(sys.argv) > 1 else "speech.txt"
top = int(sys.argv[2]) if len(sys.argv) > 2 else 5
with open(path) as f:
    text = f.read()
words = re.findall(r"[a-z']+", text.lower())
counts = collections.Counter(words)
print(f"{path}: {len(text.splitlines())} lines, {len(words)} words, {len(counts)} different")
for rank, (word, n) in enumerate(counts.most_common(top), 1):
    print(f"{rank:>2}. {word:<10} {n:>4} {100 * n / len(words):5.1f}%")
with open("frequencies.csv", "w") as out:
    out.write("word,count\n")
    for word, n in sorted(counts.items()):
        out.write(f"{word},{n}\n")

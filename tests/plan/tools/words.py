# ruff: noqa
text = """the quick brown fox jumps over the lazy dog the fox"""
counts = {}
for word in text.split():
    counts[word] = counts.get(word, 0) + 1
for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
    print(f"{word:<8}{count:>3} {'#' * count}")
print("total:", sum(counts.values()), "distinct:", len(counts))
print("longest:", max(counts, key=len).upper())

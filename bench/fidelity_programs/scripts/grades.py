import csv
from statistics import mean

rows = list(csv.DictReader(open("grades.csv")))
print(f"{'name':<8}{'maths':>7}{'art':>7}{'mean':>7}")
means = []
for row in rows:
    m = mean([float(row["maths"]), float(row["art"])])
    means.append(m)
    print(f"{row['name']:<8}{row['maths']:>7}{row['art']:>7}{m:>7.2f}")
print(f"{len(rows)} students, best {max(means):.2f}")
with open("report.txt", "w") as report:
    for row, m in zip(rows, means):
        print(row["name"], "passed" if m >= 5 else "failed", file=report)

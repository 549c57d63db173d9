# ruff: noqa
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, classification_report
from sklearn.model_selection import train_test_split

X, y = load_iris(return_X_y=True)
a, b, c, d = train_test_split(X, y, test_size=0.2, random_state=0)
for trees in [10, 50, 100]:
    model = RandomForestClassifier(n_estimators=trees)
    model.fit(a, c)
    print(f"{trees:>3} trees: accuracy {accuracy_score(d, model.predict(b)):.3f}")
print(classification_report(d, model.predict(b)))

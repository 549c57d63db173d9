import argparse

import torch
import torch.nn as nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

NAMES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]


def parse():
    p = argparse.ArgumentParser()
    p.add_argument("--weights", default="")
    p.add_argument("-b", "--batch", type=int, default=500)
    return p.parse_args()


@torch.no_grad()
def main():
    args = parse()
    test = datasets.FashionMNIST("data", train=False, download=True, transform=transforms.ToTensor())
    loader = DataLoader(test, batch_size=args.batch)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    if args.weights:
        model.load_state_dict(torch.load(args.weights, map_location="cpu"))
        print(f"loaded {args.weights}")
    else:
        print("no weights given, evaluating an untrained model")
    model.eval()
    hits, seen = [0] * 10, [0] * 10
    for batch, (x, y) in enumerate(loader, start=1):
        predicted = model(x).argmax(1)
        for truth, guess in zip(y.tolist(), predicted.tolist()):
            seen[truth] += 1
            hits[truth] += truth == guess
        if batch % 5 == 0:
            print(f"  {batch * args.batch:5d}/{len(test)} images")
    print("-" * 34)
    for name, h, s in zip(NAMES, hits, seen):
        print(f"{name:<14} {h:4d}/{s:4d} ({100 * h / max(s, 1):5.1f}%)")
    print("-" * 34)
    print(f"{'total':<14} {sum(hits):4d}/{len(test):4d} ({100 * sum(hits) / len(test):5.1f}%)")


if __name__ == "__main__":
    main()

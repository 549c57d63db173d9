import argparse

import torch

parser = argparse.ArgumentParser(prog="fail_choice.py")
parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd")
parser.add_argument("--epochs", type=int, required=True)
args = parser.parse_args()
print(torch.optim, args)

import argparse

import torch

from models import build
from utils.meters import AverageMeter
from utils import VERSION, banner


def get_args():
    parser = argparse.ArgumentParser(description="demo package")
    parser.add_argument("--arch", choices=["small", "large"], default="small")
    parser.add_argument("--epochs", default=4, type=int)
    parser.add_argument("--print-freq", "-p", default=5, type=int)
    return parser.parse_args()


def train(loader, model, optimizer, epoch, args):
    losses = AverageMeter("Loss", ":.4f")
    model.train()
    for i, (x, y) in enumerate(loader):
        loss = torch.nn.functional.mse_loss(model(x), y)
        losses.update(loss.item(), x.size(0))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if i % args.print_freq == 0:
            print(f"Epoch: [{epoch}][{i}/{len(loader)}]\t{losses}")
    return losses.avg


def main():
    args = get_args()
    banner(f"package {VERSION}")
    model = build(args.arch)
    data = torch.utils.data.TensorDataset(torch.randn(120, 4), torch.randn(120, 1))
    loader = torch.utils.data.DataLoader(data, batch_size=10)
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    best = float("inf")
    for epoch in range(args.epochs):
        average = train(loader, model, optimizer, epoch, args)
        is_best = average < best
        best = min(average, best)
        print(f" * epoch {epoch} average {average:.4f}")
    print(f"finished {args.arch} after {args.epochs} epochs")


if __name__ == "__main__":
    main()

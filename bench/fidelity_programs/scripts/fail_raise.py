import torch


class Diverged(RuntimeError):
    pass


def train_one_epoch(epoch):
    loss = torch.rand(1).item()
    if epoch == 3:
        raise Diverged(f"loss is nan in epoch {epoch}")
    return loss


def main():
    for epoch in range(1, 11):
        loss = train_one_epoch(epoch)
        print(f"epoch {epoch:2d} loss {loss:.4f}")


if __name__ == "__main__":
    main()

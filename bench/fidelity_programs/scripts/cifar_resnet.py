import argparse
import time

import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision
import torchvision.transforms as T


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, in_planes, planes, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_planes != planes:
            self.shortcut = nn.Sequential(nn.Conv2d(in_planes, planes, 1, stride=stride, bias=False), nn.BatchNorm2d(planes))

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class ResNet(nn.Module):
    def __init__(self, block, num_blocks, num_classes=10):
        super().__init__()
        self.in_planes = 16
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = self._make_layer(block, 16, num_blocks[0], 1)
        self.layer2 = self._make_layer(block, 32, num_blocks[1], 2)
        self.layer3 = self._make_layer(block, 64, num_blocks[2], 2)
        self.linear = nn.Linear(64, num_classes)

    def _make_layer(self, block, planes, num_blocks, stride):
        layers = []
        for s in [stride] + [1] * (num_blocks - 1):
            layers.append(block(self.in_planes, planes, s))
            self.in_planes = planes * block.expansion
        return nn.Sequential(*layers)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return self.linear(x)


class Trainer:
    def __init__(self, model, loaders, args, device):
        self.model, self.args, self.device = model.to(device), args, device
        self.train_loader, self.test_loader = loaders
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9, weight_decay=5e-4)
        self.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, T_max=args.epochs)
        self.best = 0.0

    def run_epoch(self, loader, training):
        self.model.train(training)
        total_loss, correct, total = 0.0, 0, 0
        with torch.set_grad_enabled(training):
            for inputs, targets in loader:
                inputs, targets = inputs.to(self.device), targets.to(self.device)
                outputs = self.model(inputs)
                loss = self.criterion(outputs, targets)
                if training:
                    self.optimizer.zero_grad()
                    loss.backward()
                    self.optimizer.step()
                total_loss += loss.item() * targets.size(0)
                correct += outputs.argmax(1).eq(targets).sum().item()
                total += targets.size(0)
        return total_loss / total, 100.0 * correct / total

    def fit(self):
        for epoch in range(1, self.args.epochs + 1):
            start = time.time()
            train_loss, train_acc = self.run_epoch(self.train_loader, True)
            test_loss, test_acc = self.run_epoch(self.test_loader, False)
            lr = self.scheduler.get_last_lr()[0]
            self.scheduler.step()
            print(f"[{epoch:03d}/{self.args.epochs:03d}] lr {lr:.5f} train {train_loss:.4f}/{train_acc:.2f}% "
                  f"test {test_loss:.4f}/{test_acc:.2f}% ({time.time() - start:.1f}s)")
            if test_acc > self.best:
                self.best = test_acc
                torch.save({"epoch": epoch, "acc": test_acc, "model": self.model.state_dict()}, "best.pt")
                print(f"    new best: {test_acc:.2f}%")
        print(f"Best accuracy: {self.best:.2f}%")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--lr", type=float, default=0.1)
    args = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    normalize = T.Normalize((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))
    train_set = torchvision.datasets.CIFAR10("./data", train=True, download=True,
                                             transform=T.Compose([T.RandomCrop(32, 4), T.RandomHorizontalFlip(), T.ToTensor(), normalize]))
    test_set = torchvision.datasets.CIFAR10("./data", train=False, download=True, transform=T.Compose([T.ToTensor(), normalize]))
    loaders = (torch.utils.data.DataLoader(train_set, args.batch_size, shuffle=True, num_workers=4),
               torch.utils.data.DataLoader(test_set, 256, num_workers=4))
    model = ResNet(BasicBlock, [2, 2, 2])
    print("Parameters:", sum(p.numel() for p in model.parameters()))
    Trainer(model, loaders, args, device).fit()


if __name__ == "__main__":
    main()

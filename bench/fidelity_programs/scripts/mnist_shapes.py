import torch
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor


class ConvNet(nn.Module):
    def __init__(self):
        super(ConvNet, self).__init__()
        self.conv1 = nn.Conv2d(1, 4, kernel_size=5)
        self.conv2 = nn.Conv2d(4, 8, kernel_size=5)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(8 * 4 * 4, 10)
        self.printed = False

    def forward(self, x):
        if not self.printed:
            print("input:", x.shape)
        x = self.pool(torch.relu(self.conv1(x)))
        if not self.printed:
            print("after conv1:", x.shape)
        x = self.pool(torch.relu(self.conv2(x)))
        if not self.printed:
            print("after conv2:", x.shape)
        x = x.view(x.size(0), -1)
        if not self.printed:
            print(f"flattened: {tuple(x.shape)}")
            self.printed = True
        return self.fc(x)


def accuracy(model, loader):
    model.eval()
    right = total = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(1) == y).sum().item()
            total += y.size(0)
    return right, total


train = DataLoader(Subset(MNIST("data", train=True, download=True, transform=ToTensor()), range(2000)), batch_size=100)
test = DataLoader(Subset(MNIST("data", train=False, transform=ToTensor()), range(500)), batch_size=100)
model = ConvNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
loss_function = nn.CrossEntropyLoss()
for epoch in range(1, 5):
    model.train()
    for x, y in train:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
    right, total = accuracy(model, test)
    print(f"epoch {epoch}: loss={loss.item():.3f} correct={right}/{total} ({100 * right / total:.1f}%)")

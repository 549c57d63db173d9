import torch


class Scheduler:
    def __init__(self, optimizer, steps):
        self.optimizer = optimizer
        self.steps = steps

    def step(self, epoch):
        return self.steps[epoch]


net = torch.nn.Linear(1, 1)
scheduler = Scheduler(torch.optim.SGD(net.parameters(), lr=1.0))
print("not printed")

import torch

config = {"lr": 0.1, "epochs": 2}
model = torch.nn.Linear(2, 1)
opt = torch.optim.SGD(model.parameters(), lr=config["lr"])
for epoch in range(config["epochs"]):
    print("epoch", epoch + 1)
torch.manual_seed(config["seed"])
print("never reached")

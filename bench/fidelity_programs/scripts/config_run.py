import json

import torch

with open("config.json") as f:
    config = json.load(f)
print(f"Experiment: {config['name']}")
for key in sorted(config):
    print(f"  {key}: {config[key]}")
torch.manual_seed(config.get("seed", 0))
model = torch.nn.Sequential()
sizes = config["layers"]
for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
    model.add_module(f"fc{i}", torch.nn.Linear(a, b))
opt = torch.optim.SGD(model.parameters(), lr=config["lr"])
x = torch.randn(32, sizes[0])
history = []
for epoch in range(config["epochs"]):
    loss = model(x).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    history.append(loss.item())
    print(f"epoch {epoch + 1:>2}/{config['epochs']} loss {history[-1]:.4f}")
with open("history.json", "w") as f:
    json.dump(history, f)
print(f"wrote {len(history)} values to history.json")

import logging
import sys

import torch
from torch import nn

logging.basicConfig(
    level=logging.INFO,
    format="%(asctime)s | %(levelname)-8s | %(name)s | %(message)s",
    datefmt="%H:%M:%S",
    handlers=[logging.StreamHandler(sys.stdout), logging.FileHandler("train.log", mode="w")],
)
logger = logging.getLogger("trainer")
logging.getLogger("torch").setLevel(logging.WARNING)

config = {"epochs": 6, "lr": 0.05, "hidden": 8}
logger.info("config %s", config)
logger.debug("this is not shown")

torch.manual_seed(3)
x = torch.linspace(-3, 3, 200).unsqueeze(1)
y = torch.sin(x)
model = nn.Sequential(nn.Linear(1, config["hidden"]), nn.Tanh(), nn.Linear(config["hidden"], 1))
optimizer = torch.optim.SGD(model.parameters(), lr=config["lr"])
for epoch in range(config["epochs"]):
    loss = ((model(x) - y) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    logger.info("epoch %d/%d loss=%.4f", epoch + 1, config["epochs"], loss.item())
    if epoch == 2:
        logger.warning("halving the learning rate")
        for group in optimizer.param_groups:
            group["lr"] *= 0.5
logger.info("final lr: %.4f", optimizer.param_groups[0]["lr"])
logger.info("finished")

# ruff: noqa
import logging
import sys

import torch
from torch import nn

logging.basicConfig(level=logging.INFO, format="%(asctime)s [%(levelname)s] %(message)s",
                    handlers=[logging.StreamHandler(sys.stdout), logging.FileHandler("train.log")])
logger = logging.getLogger(__name__)
CONFIG = {"epochs": 5, "lr": 0.01}
logger.info("config: %s", CONFIG)
x = torch.randn(64, 10)
y = torch.randint(0, 2, (64,))
model = nn.Linear(10, 2)
logger.info("data %s", x.shape)
opt = torch.optim.SGD(model.parameters(), lr=CONFIG["lr"])
for epoch in range(CONFIG["epochs"]):
    loss = nn.functional.cross_entropy(model(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    logger.info("epoch %d/%d loss %.4f", epoch + 1, CONFIG["epochs"], loss.item())
logger.debug("never shown")
torch.save(model.state_dict(), "model.pth")

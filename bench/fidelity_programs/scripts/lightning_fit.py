import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class LitModel(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 2))

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.cross_entropy(self.net(x), y)
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)


pl.seed_everything(42)
data = TensorDataset(torch.randn(512, 20), torch.randint(0, 2, (512,)))
trainer = pl.Trainer(max_epochs=3, accelerator="auto", devices=1, logger=False)
print("before fit")
trainer.fit(LitModel(), DataLoader(data, batch_size=64))
print("after fit: epoch", trainer.current_epoch)

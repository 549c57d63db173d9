# ruff: noqa
import torch
import torch.nn as nn

class Classifier(nn.Module):
    def __init__(self, vocab, embed, hidden, classes, layers=2, bidirectional=True):
        super().__init__()
        self.embedding = nn.Embedding(vocab, embed, padding_idx=0)
        self.lstm = nn.LSTM(embed, hidden, num_layers=layers, bidirectional=bidirectional, batch_first=True, dropout=0.5)
        self.fc = nn.Linear(hidden * (2 if bidirectional else 1), classes)
        self.dropout = nn.Dropout(0.5)

    def forward(self, text):
        embedded = self.dropout(self.embedding(text))
        output, (hidden, cell) = self.lstm(embedded)
        print("embedded", embedded.shape, "output", output.shape, "hidden", hidden.shape)
        hidden = torch.cat((hidden[-2, :, :], hidden[-1, :, :]), dim=1)
        return self.fc(self.dropout(hidden))

model = Classifier(10000, 100, 256, 2)
print(model)
batch = torch.randint(0, 10000, (16, 50))
print(batch.shape, batch.dtype)
print(model(batch).shape)
print(f"The model has {sum(p.numel() for p in model.parameters() if p.requires_grad):,} trainable parameters")

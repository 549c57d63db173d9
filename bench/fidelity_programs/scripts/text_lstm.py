import torch
import torch.nn as nn

corpus = """the cat sat on the mat
the dog sat on the log
a cat and a dog met on the road
the road was long and the night was cold
the cat went home and the dog went home"""

words = corpus.split()
vocab = sorted(set(words))
stoi = {word: i for i, word in enumerate(vocab)}
itos = {i: word for word, i in stoi.items()}
print(f"{len(words)} words, vocabulary of {len(vocab)}")
print("first five:", vocab[:5])

seq_len = 4
data = torch.tensor([stoi[w] for w in words])
inputs = torch.stack([data[i:i + seq_len] for i in range(len(data) - seq_len)])
targets = torch.stack([data[i + seq_len] for i in range(len(data) - seq_len)])
print("inputs", tuple(inputs.shape), "targets", tuple(targets.shape))


class LSTMModel(nn.Module):
    def __init__(self, vocab_size, embed_dim=16, hidden_dim=32):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_dim)
        self.lstm = nn.LSTM(embed_dim, hidden_dim, batch_first=True)
        self.fc = nn.Linear(hidden_dim, vocab_size)

    def forward(self, x):
        out, _ = self.lstm(self.embedding(x))
        return self.fc(out[:, -1])


torch.manual_seed(1)
model = LSTMModel(len(vocab))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
EPOCHS = 60
for epoch in range(1, EPOCHS + 1):
    logits = model(inputs)
    loss = criterion(logits, targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch == 1 or epoch % 20 == 0:
        acc = (logits.argmax(-1) == targets).float().mean().item()
        print(f"epoch {epoch:>3} | loss {loss.item():.3f} | ppl {torch.exp(loss).item():8.2f} | acc {acc:.1%}")

seed = ["the", "cat", "sat", "on"]
model.eval()
for _ in range(5):
    x = torch.tensor([[stoi[w] for w in seed[-seq_len:]]])
    seed.append(itos[model(x).argmax(-1).item()])
print("generated:", " ".join(seed))

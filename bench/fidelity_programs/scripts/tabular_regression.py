import torch

torch.manual_seed(42)
n_samples, n_features = 1000, 8
X = torch.randn(n_samples, n_features)
true_w = torch.randn(n_features, 1)
y = X @ true_w + 0.1 * torch.randn(n_samples, 1)
split = int(0.8 * n_samples)
X_train, X_test = X[:split], X[split:]
y_train, y_test = y[:split], y[split:]
print("train", X_train.shape, "test", X_test.shape)

model = torch.nn.Sequential(torch.nn.Linear(n_features, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
loss_fn = torch.nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
num_epochs = 500
for epoch in range(num_epochs):
    pred = model(X_train)
    loss = loss_fn(pred, y_train)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if (epoch + 1) % 50 == 0:
        with torch.no_grad():
            val = loss_fn(model(X_test), y_test)
        print(f"Epoch [{epoch+1}/{num_epochs}], Loss: {loss.item():.4f}, Val: {val.item():.4f}")

ss_res = ((y_test - model(X_test)) ** 2).sum()
ss_tot = ((y_test - y_test.mean()) ** 2).sum()
print(f"R^2 on the test set: {(1 - ss_res / ss_tot).item():.3f}")

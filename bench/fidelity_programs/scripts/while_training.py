import torch

torch.manual_seed(0)
w = torch.tensor([5.0], requires_grad=True)
iteration = 0
max_iterations = 30
while iteration < max_iterations:
    loss = (w - 2) ** 2
    loss.backward()
    with torch.no_grad():
        w -= 0.05 * w.grad
        w.grad.zero_()
    iteration += 1
    if iteration % 6 == 0:
        print(f"iter {iteration}: w = {w.item():.4f}")
    if loss.item() < 1e-12:
        print("converged")
        break
print("final:", round(w.item(), 3))

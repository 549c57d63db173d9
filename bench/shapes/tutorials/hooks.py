# ruff: noqa
import torch
import torch.nn as nn
activation = {}
def get_activation(name):
    def hook(model, input, output):
        activation[name] = output.detach()
        print(f"{name}: {model.__class__.__name__} in {tuple(input[0].shape)} out {tuple(output.shape)}")
    return hook
model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 26 * 26, 10))
handles = []
for i, layer in enumerate(model):
    handles.append(layer.register_forward_hook(get_activation(f"layer_{i}")))
out = model(torch.randn(2, 1, 28, 28))
print(list(activation), activation["layer_3"].shape)
for h in handles:
    h.remove()
model(torch.randn(2, 1, 28, 28))
print("no hooks now")
def pre(module, inp):
    print("pre", inp[0].shape)
model[3].register_forward_pre_hook(pre)
model(torch.randn(3, 1, 28, 28))
grads = {}
def bw(module, grad_in, grad_out):
    grads["fc"] = grad_out[0].shape
model[3].register_full_backward_hook(bw)
model(torch.randn(3, 1, 28, 28)).sum().backward()
print(grads)
for name, m in model.named_modules():
    print(repr(name), type(m).__name__)

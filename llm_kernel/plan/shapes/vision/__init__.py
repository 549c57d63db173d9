"""The image models that torchvision brings, built from tables of their layers."""

from torchvision import models

for name in ["resnet34", "resnet101", "resnet152", "resnext50_32x4d", "wide_resnet50_2", "vgg13", "vgg19", "squeezenet1_0",
             "densenet169", "densenet201", "densenet161", "efficientnet_b1", "efficientnet_b2", "efficientnet_b4"]:
    net = getattr(models, name)()
    print(f"{name:<20}{sum(p.numel() for p in net.parameters()):>12,}{len(list(net.modules())):>6}")

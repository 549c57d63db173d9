"""The family of models that a script trains, by the words of its code (small letters) and the layers that it calls."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["family_of"]

_FAMILIES = (
    ("gbt", r"xgb\w*|lgbm?\w*|lightgbm|catboost\w*|gradientboosting\w*|histgradient\w*|randomforest\w*"),
    (
        "transformer",
        r"\w*gpt\w*|\w*bert\w*|\w*llama\w*|\w*transformer(?!s\b)\w*|t5[_-]?[a-z]\w*|automodel\w*"
        r"|multiheadattention",
    ),
    ("vit", r"vit|vit_\w+|visiontransformer|swin\w*|deit\w*"),
    ("densenet", r"\w*densenet\w*|efficientnet\w*|\w*resnext\w*|convnext\w*"),
    ("resnet", r"\w*res_?net\w*|basicblock|bottleneck|residual\w*|resblock|mobilenet\w*|googlenet|inception\w*"),
    ("vgg", r"vgg\w*"),
    ("lstm", r"lstm\w*|gru|gru\w*|rnn|simplernn|\w*rnn\w*model"),
    ("cnn", r"conv[123]d|\w*cnn\w*|lenet\w*|alexnet\w*|convnet\w*"),
    ("mlp", r"mlp\w*"),
)
_HIDDEN = frozenset({"Linear", "LazyLinear", "Dense"})
_APART = (
    ("gan", r"discriminator|net_?d|loss_?[dg]|[dg]_loss|gan"),
    ("diffusion", r"diffusion|ddpm|noise_scheduler"),
    ("vae", r"vae|cvae|kld|reparameteri[sz]e"),
    ("autoencoder", r"auto_?encoder|convautoencoder"),
    ("detection", r"yolo\w*|detr|fasterrcnn\w*|maskrcnn\w*|retinanet\w*"),
    ("segmentation", r"unet\w*|deeplab\w*|fcn_\w+|iou|dice\w*|segmentation"),
    ("policy", r"dqn|critic|policy\w*|gym|gymnasium"),
    ("triplet", r"triplet\w*"),
    ("contrastive", r"contrastive\w*|simclr|nt_?xent\w*|info_?nce\w*"),
    ("siamese", r"siamese\w*"),
)
"""Runs whose figures are of another kind than those of classes, values and tokens; the first that fits."""
_OTHER = re.compile(
    r"\b(?:kl_div|kldivloss|ctc_?loss|wgan\w*|wasserstein|gradient_penalty|clip_value|cyclegan|pix2pix)\b"
)
"""Runs of which nothing is known here."""


def family_of(words: str, named: Sequence[str]) -> str:
    """The family; nothing where figures of its kind are not known."""
    if _OTHER.search(words):
        return ""
    apart = next((name for name, pattern in _APART if re.search(rf"\b(?:{pattern})\b", words)), "")
    if apart:
        return apart + (_measure(words) if apart in ("vae", "autoencoder") else "")
    for family, pattern in _FAMILIES:
        if re.search(rf"(?<![a-z0-9_])(?:{pattern})(?![a-z0-9])", words):
            return family
    if re.search(r"logisticregression|linearregression|ridge|lasso|sgdclassifier", words):
        return "linear"
    return "linear" if sum(name in _HIDDEN for name in named) == 1 else "mlp"


def _measure(words: str) -> str:
    """How a run measures what it makes against what it was given, where that is not the usual of its kind."""
    squares = re.search(r"\b(?:mse_?loss|mse)\b", words)
    entropy = re.search(r"\b(?:bce\w*|binary_cross_?entropy\w*)\b", words)
    vae = re.search(r"\b(?:c?vae|kld|reparameteri[sz]e)\b", words)
    return " squares" if vae and squares and not entropy else " entropy" if entropy and not vae else ""

"""The kinds of figures that a training script shows, and the words by which each is known."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["SHARES", "kind_of"]

_KINDS: tuple[tuple[str, str], ...] = (
    ("eta", r"\beta\b|remaining|time_left"),
    ("time", r"elapsed|seconds|\btime\b|\btook\b|duration|epoch_time|\bsec\b"),
    ("rate", r"it/s|samples/s|img/s|images/s|tok(?:ens)?/s|throughput|ex/s"),
    ("patience", r"patience|no_improve|counter|stale|bad_epochs|epochs_without|wait\b|es_count"),
    ("lr", r"\blr\b|learning[ _]rate|get_last_lr|get_lr|param_groups|last_lr"),
    ("ppl", r"ppl|perplexity"),
    ("rmse", r"rmse|root_mean"),
    ("r2", r"\br2\b|r2_score|r\^2|r²|r2"),
    ("f1", r"\bf1\b|f1_score|f1"),
    ("precision", r"\bprecision"),
    ("recall", r"\brecall|\bsensitivity"),
    ("auc", r"\bauc\b|roc_auc|\bauroc"),
    ("iou", r"\bm?_?iou\b|_m?iou\b|\bjaccard"),
    ("map", r"\bmap(?:@|_?50)?\b|average precision"),
    ("dice", r"\bdice(?![_ ]*loss)|dice_(?:score|coef\w*)"),
    ("d_g", r"d\(g\(z\)\)|\bd_g_?z\d?\b|fake_(?:score|prob)\w*|\bd_fake\b"),
    ("d_x", r"\bd\(x\)|\bd_x\b|real_(?:score|prob)\w*|\bd_real\b"),
    (
        "reward",
        r"reward|\bep(?:isode)?[ _](?:return|score|len\w*|durations?)"
        r"|\b(?:last|average|avg|mean|total|max|best)[ _](?:lengths?|scores?|returns?)\b|mean\(\w*(?:scores|returns)",
    ),
    ("norm", r"grad_norm|\bnorm\b|gradient norm"),
    ("top5", r"(?:acc|prec|top)(?:uracy)?[ _@-]*5\b"),
    ("accuracy", r"acc(?:uracy)?(?![a-z])|_acc\b|\btop[ _-]?[15]\b|\bprec@?[15]\b|准确率|精度|正确率"),
    ("correct", r"correct|n_right|num_right|\bhits\b|matches"),
    ("mae", r"\bmae\b|l1_loss|mean_absolute"),
    ("loss_d", r"\bloss_?d\b|\bd[_ ]?loss|\berr_?d\b|\bdisc\w*[ _]loss|\bloss_disc\w*"),
    ("loss_g", r"\bloss_?g\b|\bg[_ ]?loss|\berr_?g\b|\bgen\w*[ _]loss|\bloss_gen\w*"),
    ("loss", r"loss|\bnll\b|entropy|\bcost\b|\bmse\b|criterion|损失|\bobjective\b|mean_squared"),
)
SHARES = frozenset("accuracy f1 precision recall auc top5 iou dice map".split())
"""Those that are shares of a whole, written as one or in percents."""
_STRONG = ("ppl", "top5", "lr", "patience", "rmse", "r2", "d_g", "d_x", "loss_d", "loss_g")
"""Those that outdo a word beside them."""


@lru_cache(maxsize=4096)
def kind_of(text: str) -> str:
    """The kind that is named last: the word next to the value; nothing where none is."""
    found = [(match.start(), -order, kind) for order, (kind, pattern) in enumerate(_KINDS)
             for match in re.finditer(pattern, text, re.IGNORECASE)]  # fmt: skip
    if not found:
        return ""
    kinds = {kind for _, _, kind in found}
    for strong in _STRONG:
        if strong in kinds and len(text) < 60:
            return strong
    return max(found)[2]

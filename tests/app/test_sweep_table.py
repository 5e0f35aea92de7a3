from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.app.sweep_table import COSTS, Row, mark_pareto, objectives, read_rows, write_rows
from s2studio.errors import SessionError

COARSE = st.sampled_from([0.0, 1.0, 2.0])


def row(name: str, accuracy: float | None, *costs: float, reason: str = "") -> Row:
    measured = {} if reason else {"accuracy": accuracy, **dict(zip(COSTS, costs, strict=True))}
    return Row({"scale": name}, measured, reason)


@given(st.lists(st.tuples(COARSE, COARSE, COARSE, COARSE), min_size=1, max_size=12))
def test_that_a_row_is_on_the_front_unless_another_beats_it(values: list[tuple[float, ...]]) -> None:
    rows = mark_pareto([row(str(index), *numbers) for index, numbers in enumerate(values)])

    def beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
        return one != other and one[0] >= other[0] and all(a <= b for a, b in zip(one[1:], other[1:], strict=True))

    for index, numbers in enumerate(values):
        assert rows[index].is_pareto is not any(beats(other, numbers) for other in values)
    assert any(each.is_pareto for each in rows)


def test_that_refused_rows_are_never_on_the_front() -> None:
    rows = mark_pareto([row("a", 0.5, 1, 1, 1), row("b", None, reason="does not fit")])

    assert [each.is_pareto for each in rows] == [True, False]


def test_that_without_labels_the_overlap_with_float_decides() -> None:
    costs = dict.fromkeys(COSTS, 1.0)
    rows = [Row({"scale": name}, {"output_overlap": share, **costs}) for name, share in (("a", 0.5), ("b", 0.9))]

    assert objectives(rows)[0] == ("output_overlap", "most")
    assert [each.is_pareto for each in mark_pareto(rows)] == [False, True]
    assert [name for name, _ in objectives([Row({"tick": "1"}, costs)])] == list(COSTS)


def test_that_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    rows = mark_pareto([row("max", 0.1 + 0.2, 1e-3, 7, 3e-4), row("fixed:9", None, reason="a, b\n and c")])
    write_rows(tmp_path / "t.csv", ["scale"], "key", rows)
    found = read_rows(tmp_path / "t.csv", ["scale"], "key")

    assert [each.as_dict() for each in mark_pareto(found)] == [each.as_dict() for each in rows]


@pytest.mark.parametrize(
    ("columns", "key", "says"),
    [(["scale"], "other", "another model"), (["reset"], "key", "is no table of a sweep")],
)
def test_that_the_table_of_another_sweep_is_refused(tmp_path: Path, columns: list[str], key: str, says: str) -> None:
    write_rows(tmp_path / "t.csv", ["scale"], "key", [row("max", 1.0, 1, 2, 3)])

    with pytest.raises(SessionError, match=says):
        read_rows(tmp_path / "t.csv", columns, key)


@pytest.mark.parametrize("content", [b"what,ever\n1,2\n", b"\xff\xfe", b'scale,sweep,reason\nmax,key,"'])
def test_that_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(content)

    with pytest.raises(SessionError):
        read_rows(tmp_path / "t.csv", ["scale"], "key")
    assert (tmp_path / "t.csv").read_bytes() == content

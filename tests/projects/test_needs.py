"""What a row needs: whatever is written is read back the same, and nothing that is typed breaks it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.planning.needs import Need, read, without, write

kinds = st.sampled_from(["FS", "SS", "FF", "SF"])
lags = st.decimals(min_value=-9999, max_value=9999, places=2).filter(bool)
numbers = st.integers(1, 999_999_999)
plain = st.builds(Need, number=numbers, is_task=st.booleans(), kind=kinds)
lagging = st.builds(Need, number=numbers, is_task=st.booleans(), kind=kinds, lag_h=lags, is_always=st.booleans())
needs = st.lists(plain | lagging, max_size=8)


@given(needs)
def test_what_is_written_is_read_back(typed):
    assert read(write(typed)) == (typed, [])


@given(needs, st.sampled_from([" ", ", ", ",", " ; ", "\t", "\n"]))
def test_it_does_not_matter_what_stands_between_nor_how_letters_are_written(typed, between):
    assert read(between.join(str(need).lower() for need in typed)) == (typed, [])


@given(st.text())
def test_whatever_is_typed_is_read_or_named(text):
    found, strange = read(text)
    assert read(write(found)) == (found, [])
    assert all(read(word) == ([], [word]) for word in strange)


@given(needs, st.integers(1, 12))
def test_taking_a_row_out_leaves_the_others_as_they_were(typed, number):
    left = [need for need in typed if need.is_task or need.number != number]
    assert read(without(write(typed), number)) == (left, [])
    assert "what?" in without(f"{number} what? {number}SS+4", number)


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("2", Need(2)),
        ("2SS+4", Need(2, kind="SS", lag_h=Decimal(4))),
        ("3FF-2", Need(3, kind="FF", lag_h=Decimal(-2))),
        ("3ff−2h", Need(3, kind="FF", lag_h=Decimal(-2))),
        ("5+8h24", Need(5, lag_h=Decimal(8), is_always=True)),
        ("5+0h24", Need(5)),
        ("T-12", Need(12, is_task=True)),
        ("t12sf+1.5", Need(12, is_task=True, kind="SF", lag_h=Decimal("1.5"))),
    ],
)
def test_the_notation(text, need):
    assert read(text) == ([need], [])


@pytest.mark.parametrize("text", ["two", "2FSS", "2+", "+4", "2SS+4d", "T-", "2+8h48", "1234567890", "٢", "2+1.234"])
def test_what_is_no_need(text):
    assert read(text) == ([], [text])

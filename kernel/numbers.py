"""Numbers that come as text, from forms and addresses that anybody can write."""

LONGEST = 18  # every number of this length fits a column


def number_in(text: str) -> int:
    """The number of a row; 0, which none has, where it is none."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST else 0

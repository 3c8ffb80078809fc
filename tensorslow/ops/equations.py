"""Equations of einsum, such as "bij,bjk->bik": read, written, and their open places spelled out.

A place in a term is a letter, which names one axis, or a group, which stands for as many axes as an
operand has left: "..." for axes that broadcast, and a digit for axes of a rank that only the run
shows (tensordot of arrays about which nothing is known).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_letters

ELLIPSIS = "0"  # what "..." is inside: one character, as any other place
_FORM = re.compile(r"[A-Za-z.,]*(->[A-Za-z.]*)?")


def parse(equation: str, count: int) -> str:
    """The user's equation without spaces, and with an output.

    Raises:
        ValueError: it is malformed, or not one of so many operands.
    """
    text = equation.replace(" ", "")
    if not _FORM.fullmatch(text) or "." in text.replace("...", ""):
        raise ValueError(
            f"{equation!r} is no equation of einsum: write letters and commas, as in 'ij,jk->ik'"
        )
    inputs, arrow, output = text.partition("->")
    terms = inputs.replace("...", ELLIPSIS).split(",")
    output = output.replace("...", ELLIPSIS)
    places = "".join(terms)
    if not arrow:  # as NumPy: all that is there once, in alphabetical order
        once = [place for place in places if places.count(place) == 1 and place != ELLIPSIS]
        output = (ELLIPSIS if ELLIPSIS in places else "") + "".join(sorted(once))
    if len(terms) != count:
        raise ValueError(f"{equation!r} has {len(terms)} terms for {count} operands")
    for place in output:
        if output.count(place) > 1 or place not in places:
            trouble = "is there twice" if output.count(place) > 1 else "is in no operand"
            raise ValueError(
                f"in the output of {equation!r}, {place.replace(ELLIPSIS, '...')!r} {trouble}"
            )
    if any(term.count(ELLIPSIS) > 1 for term in terms):
        raise ValueError(f"a term of {equation!r} has two ellipses")
    return write(terms, output)


def read(equation: str) -> tuple[list[str], str]:
    """The terms of the operands and that of the output, one character a place."""
    inputs, _, output = equation.replace("...", ELLIPSIS).partition("->")
    return inputs.split(","), output


def write(terms: Sequence[str], output: str) -> str:
    """The equation of these terms."""
    return f"{','.join(terms)}->{output}".replace(ELLIPSIS, "...")


def fresh_letters(equation: str) -> list[str]:
    """Letters that an equation does not use, the last of the alphabet first."""
    return [letter for letter in reversed(ascii_letters) if letter not in equation]


def spelled_out(equation: str, ranks: Sequence[int | None]) -> str:
    """The equation with a letter for every axis; as it was, where a rank is unknown.

    Axes of an ellipsis are counted from the last: an operand with fewer of them has the last ones.
    """
    known_ranks = [rank for rank in ranks if rank is not None]
    terms, output = read(equation)
    if len(known_ranks) < len(ranks) or not re.search(r"\d", "".join(terms)):
        return equation
    own, widest = _widths(terms, known_ranks)
    letters, names = fresh_letters(equation), {}
    for group, width in widest.items():
        names[group], letters = letters[:width], letters[width:]

    def spell(term: str, widths: dict[str, int]) -> str:
        # A name ends with the last axes; [n - 0:] of n letters is none.
        return "".join(
            "".join(names[p][widest[p] - widths[p] :]) if p in names else p for p in term
        )

    return write([spell(*pair) for pair in zip(terms, own, strict=True)], spell(output, widest))


def _widths(
    terms: Sequence[str], ranks: Sequence[int]
) -> tuple[list[dict[str, int]], dict[str, int]]:
    """For how many axes each group stands: in each term, and at most."""
    own: list[dict[str, int]] = [{} for _ in terms]
    widest: dict[str, int] = {}
    groups = [re.findall(r"\d", term) for term in terms]
    # Terms with one group first: where another has two, one of the two is then known.
    for i in sorted(range(len(terms)), key=lambda i: len(groups[i])):
        left = ranks[i] - (len(terms[i]) - len(groups[i]))
        for group in sorted(groups[i], key=lambda group: group not in widest):
            width = left if group == ELLIPSIS or group not in widest else widest[group]
            own[i][group], left = width, left - width
            widest[group] = max(width, widest.get(group, 0))
    return own, widest

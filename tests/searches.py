"""How far a run searches: how many examples hypothesis draws for a property, and which.

A usual run draws few, the same ones each time, so that two runs say the same. A wide run draws more of the same
sequence. The deep search and the one for new seeds draw examples that no run has tried.
"""

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

USUAL, WIDE, NEW_SEEDS, DEEP = "usual", "wide", "new seeds", "deep"
EXAMPLES = {USUAL: 15, WIDE: 30, NEW_SEEDS: 100, DEEP: 2000}
"""How many examples a property tries that does not say otherwise."""

UNHURRIED = {
    "deadline": None,
    "suppress_health_check": [
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],
    "print_blob": True,
}
"""Whole rule sets take their time to draw; a failing example is printed so that it can be tried again."""


def asked_for() -> str:
    """The search that the options of the run ask for; the widest, where there are several."""
    for variable, name in (
        ("CCHC_DEEP", DEEP),
        ("CCHC_NEW_SEEDS", NEW_SEEDS),
        ("CCHC_WIDE", WIDE),
    ):
        if os.environ.get(variable) == "1":
            return name
    return USUAL


def examples(usual: int, *, wide: int | None = None, deep: int = 2000) -> int:
    """How many examples a property tries that needs other numbers than most."""
    numbers = {USUAL: usual, WIDE: wide or 2 * usual, DEEP: deep}
    return numbers.get(asked_for(), EXAMPLES[NEW_SEEDS])


class _Counted:
    """How many examples of the property that runs were tried, and how many of them tested something."""

    tried = 0
    tested = 0
    this_one = False


def tests_something() -> None:
    """Say, within a property marked `mostly_tests`, that this example reached what the property is about."""
    _Counted.this_one = True


def mostly_tests(test: Callable[..., None]) -> Callable[..., None]:
    """Demand that at least half of the examples of a property say `tests_something`.

    A property that returns early on most of its examples, or assumes away most of them, seems to hold and hardly says
    anything. To be written above `@given`.
    """
    body = test.hypothesis.inner_test  # type: ignore[attr-defined]

    @wraps(body)
    def counted(*arguments: Any, **drawn: Any) -> None:
        _Counted.this_one = False
        _Counted.tried += 1
        body(*arguments, **drawn)
        _Counted.tested += _Counted.this_one

    test.hypothesis.inner_test = counted  # type: ignore[attr-defined]

    @wraps(test)
    def checked(*arguments: Any, **parameters: Any) -> None:
        _Counted.tried = _Counted.tested = 0
        test(*arguments, **parameters)
        assert _Counted.tested * 2 >= _Counted.tried, (
            f"{_Counted.tested} of {_Counted.tried} examples tested something"
        )

    return checked


def only_wide(*values: Any) -> list[Any]:
    """Values of a parametrised test that are tried in wide runs only."""
    return [pytest.param(value, marks=pytest.mark.wide) for value in values]


def load_profile() -> None:
    """Make what the run asks for the settings of every property."""
    name = asked_for()
    settings.register_profile(
        name,
        max_examples=EXAMPLES[name],
        derandomize=name in (USUAL, WIDE),
        **UNHURRIED,
    )
    settings.load_profile(name)

"""Shared by all tests: what is left out and how it is asked for, rule sets loaded once, searches that are not traced."""

import gc
import os
import sys
from collections.abc import Generator

import pytest
import searches
from hypothesis import is_hypothesis_test

from cchc_rules.base.calendar import public_holidays


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--wide",
        action="store_true",
        help="run the wide tests too: browsers, offices, Spark, wide searches",
    )
    parser.addoption(
        "--deep",
        action="store_true",
        help="search the properties far more deeply (CCHC_DEEP=1); runs the wide tests too",
    )
    parser.addoption(
        "--new-seeds",
        action="store_true",
        help="try the properties on new examples, not those of every run (CCHC_NEW_SEEDS=1)",
    )


def pytest_configure(config: pytest.Config) -> None:
    for option, variable in (
        ("--wide", "CCHC_WIDE"),
        ("--deep", "CCHC_DEEP"),
        ("--new-seeds", "CCHC_NEW_SEEDS"),
    ):
        if config.getoption(option):
            os.environ[variable] = "1"
    searches.load_profile()


def _wide(config: pytest.Config) -> bool:
    """Whether the wide tests run."""
    return config.getoption("--wide") or config.getoption("--deep")


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave the wide tests out unless they are asked for; trace no search; begin with the longest test.

    The longest comes first so that the others are shared out beside it.
    """
    if not _wide(config):
        wide = [item for item in items if item.get_closest_marker("wide")]
        config.hook.pytest_deselected(items=wide)
        items[:] = [item for item in items if not item.get_closest_marker("wide")]
    items.sort(key=lambda item: item.path.name != "test_workbook_office.py")
    for item in items:
        if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj):
            item.add_marker("untraced")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say that something was left out: a run with workers does not count it."""
    if not _wide(config):
        terminalreporter.write_line("Wide tests were left out; --wide runs them too.")


def pytest_collection_finish() -> None:
    """Thousands of tests stay to the end: the garbage collector need not go through them each time.

    Nor need it look after each 700 objects; the command does the same.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Run what is marked ``untraced`` without coverage's tracer, which costs more than half of the time of a search.

    The marker ``no_cover`` of pytest-cov stops one of the two tracers that run in a worker of pytest-xdist.
    """
    if item.get_closest_marker("untraced") is None or not item.config.getoption(
        "cov_source", None
    ):
        return (yield)
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)


@pytest.fixture
def without_holidays(monkeypatch: pytest.MonkeyPatch) -> Generator[None, object, None]:
    """As if the package that knows public holidays were not installed."""
    public_holidays.cache_clear()
    monkeypatch.setitem(sys.modules, "holidays", None)
    yield
    public_holidays.cache_clear()

"""Shared by all tests: the deep search of the properties is one flag away."""

import os

import pytest
from hypothesis import HealthCheck, settings


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--deep", action="store_true", help="search the properties far more deeply (CCHC_DEEP=1)")


def pytest_configure(config: pytest.Config) -> None:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    settings.register_profile("usual", deadline=None, suppress_health_check=slow, print_blob=True)
    settings.load_profile("usual")
    if config.getoption("--deep"):
        os.environ["CCHC_DEEP"] = "1"

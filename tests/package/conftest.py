"""What the package's test is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Ask for the directory that the package was built into."""
    parser.addoption("--dist", required=True, help="directory of the wheel")

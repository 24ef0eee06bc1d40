"""Adding links on behalf of a host tool."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from conftest import NATIVE, OTHER, make_environment, posix, tree

from virtualenv_link_bin_scripts._apply import add_links_to_existing, run_in_host

if TYPE_CHECKING:
    from pathlib import Path

    from virtualenv_link_bin_scripts._apply import Report

NAME = "virtualenv-link-bin-scripts"
ASK, REFUSE = {"VIRTUALENV_LINK_BIN_SCRIPTS": "1"}, {"VIRTUALENV_LINK_BIN_SCRIPTS": "0"}


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Return a minimal environment, beside the directory of the host tool's project."""
    (tmp_path / "project").mkdir()
    return make_environment(tmp_path / "environments" / "x")


def write_table(environment: Path, directory: str, line: str) -> Path:
    """Write a table into a directory beside or above the environment's."""
    path = environment.parents[1] / directory / "pyproject.toml"
    path.write_text(f"[tool.{NAME}]\n{line}\n", encoding="utf-8")
    return path


def add_links(environment: Path, variables: dict[str, str]) -> list[str]:
    """Add the requested links, and return the aliases that are in place."""
    project = str(environment.parents[1] / "project")
    return run_in_host(lambda log: add_links_to_existing(str(environment), variables, project, log))


@pytest.mark.usefixtures("links")
@pytest.mark.parametrize(
    ("variables", "place"), [(ASK, None), ({}, "environments"), ({}, "project")], ids=["variable", "above", "project"]
)
def test_requested(
    environment: Path, caplog: pytest.LogCaptureFixture, variables: dict[str, str], place: str | None
) -> None:
    """Links are added if a variable or a table asks for them, above the environment or in the project."""
    write_table(environment, place or "project", f"bin-scripts = {str(place is not None).lower()}")

    assert add_links(environment, variables) == [str(environment / OTHER)]

    assert (environment / OTHER).samefile(environment / NATIVE)
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("variables", "line", "gone"),
    [
        pytest.param({}, "", None, id="nobody asks"),
        pytest.param(REFUSE, "bin-scripts = true", None, id="a variable refuses"),
        pytest.param(ASK, "", "pyvenv.cfg", id="no environment"),
        pytest.param({}, "", f"{NATIVE}/python", id="unknown layout, but nobody asks"),
    ],
)
def test_nothing_to_do(
    environment: Path, caplog: pytest.LogCaptureFixture, variables: dict[str, str], line: str, gone: str | None
) -> None:
    """Where nothing is requested, or there is no environment, nothing changes and nothing is said."""
    (environment / OTHER).mkdir()
    write_table(environment, "project", line)
    if gone:
        (environment / gone).unlink()
    before = tree(environment)

    assert add_links(environment, variables) == []

    assert tree(environment) == before
    assert caplog.messages == []


def test_mistakes(environment: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Mistakes in a variable and in the project's table are logged, with the name of the package."""
    path = write_table(environment, "project", "python-exe = 1")

    add_links(environment, {"VIRTUALENV_LINK_BIN_SCRIPTS": "maybe"})

    assert caplog.messages == [
        f"{NAME}: VIRTUALENV_LINK_BIN_SCRIPTS is 'maybe', expected true or false",
        f"{NAME}: {path}: tool.virtualenv-link-bin-scripts.python-exe is 1, expected true or false",
    ]


def test_refused(environment: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Obstacles are logged."""
    (environment / OTHER).touch()

    assert add_links(environment, ASK) == []

    way_out = f"a file is in the way, and was left alone; if it is a copy of {NATIVE}, delete it"
    assert caplog.messages == [f"{NAME}: could not link {environment / OTHER} to {environment / NATIVE} - {way_out}"]


@pytest.mark.usefixtures("links")
@pytest.mark.parametrize(
    ("gone", "made", "message"),
    [
        pytest.param(NATIVE, [], "{0}: there is no interpreter in bin or Scripts"),
        pytest.param("lib", [OTHER], "{0}/lib: no such directory", marks=posix),
    ],
)
def test_unknown(environment: Path, caplog: pytest.LogCaptureFixture, gone: str, made: list[str], message: str) -> None:
    """An unknown layout is logged, and an unknown site-packages, which does not stop the other links."""
    (environment / gone).rename(environment / "gone")
    assert add_links(environment, {**ASK, "VIRTUALENV_LINK_SITE_PACKAGES": "1"}) == [str(environment / a) for a in made]
    assert caplog.messages == [f"{NAME}: {message.format(environment)}"]


@posix
def test_stale(environment: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A link to a program that is gone is removed, and not in place."""
    (environment / "bin" / "gone.exe").symlink_to("gone")
    (environment / "bin" / "python").chmod(0o755)

    assert add_links(environment, {"VIRTUALENV_LINK_EXE": "1"}) == [str(environment / "bin" / "python.exe")]

    assert not os.path.lexists(environment / "bin" / "gone.exe")
    assert caplog.messages == []


def test_unexpected_error(caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected error is logged, cut to a sensible length, and never raised."""

    def step(_: Report) -> None:
        raise RuntimeError("x" * 10_000)

    assert run_in_host(step) == []

    (message,) = caplog.messages
    assert message.startswith(f"{NAME}: could not add links - RuntimeError('xxx")
    assert len(message) < 300

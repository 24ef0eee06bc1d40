"""Random environments, and whatever may be in the places of the links: no file is ever lost."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest
from helpers import add_program, make_environment, posix, tree
from hypothesis import given, settings
from hypothesis import strategies as st

from virtualenv_link_bin_scripts import _link
from virtualenv_link_bin_scripts._cli import main
from virtualenv_link_bin_scripts._link import TEMPORARY

pytestmark = posix


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Don't wait for other processes."""
    monkeypatch.setattr(_link, "_PAUSE", 0)


#: How many environments are tried. ``EXAMPLES=4000`` takes minutes.
EXAMPLES = int(os.environ.get("EXAMPLES", "300"))

ALIASES = ["Lib", "Scripts", "bin/python.exe", "bin/tool.exe", "bin/gone.exe", "Lib/site-packages"]
PLACES = [*ALIASES, *(f"{alias}{TEMPORARY}" for alias in ALIASES)]

#: What may be in a place: a link with such a destination, or one of the others.
DESTINATIONS = ["bin", "python", "tool", "gone", ".", "lib", "..", "../outside", "../lib/python3.13/site-packages"]
things = st.sampled_from(["nothing", "file", "directory", "empty directory", *DESTINATIONS])

commands = st.sampled_from(
    [
        [],
        ["--link-exe", "--link-site-packages"],
        ["--check", "--link-exe", "--link-site-packages"],
        ["--remove"],
        ["--remove", "--force"],
    ]
)


def put(place: Path, thing: str) -> None:
    """Put a thing in a place, unless that is taken."""
    if thing == "nothing" or os.path.lexists(place) or not place.parent.is_dir():
        return
    if thing == "file":
        place.write_text("precious", encoding="utf-8")
    elif thing.endswith("directory"):
        (place / "precious" if thing == "directory" else place).mkdir(parents=True)
    else:
        place.symlink_to(thing)


def is_precious(path: Path) -> bool:
    """Return whether a path is anything else than a link or an empty directory."""
    mode = path.lstat().st_mode
    return stat.S_ISREG(mode) or (stat.S_ISDIR(mode) and any(path.iterdir()))


@settings(deadline=None, max_examples=EXAMPLES)
@given(st.lists(things, min_size=len(PLACES), max_size=len(PLACES)), st.lists(commands, min_size=1, max_size=4))
def test_nothing_is_lost(contents: list[str], calls: list[list[str]]) -> None:
    """No file, and no directory with something in it, changes, whatever is in the links' places."""
    with tempfile.TemporaryDirectory() as directory:
        base = Path(directory).resolve()
        environment = make_environment(base / "environment")
        add_program(environment, "tool")
        put(base / "outside", "directory")
        for place, thing in zip(PLACES, contents):
            put(environment / place, thing)
        precious = {path for path in base.rglob("*") if is_precious(path) and not path.is_symlink()}
        kept = {path: path.read_bytes() for path in precious if path.is_file()}
        outside = tree(base / "outside")

        for arguments in calls:
            main(["--quiet", *arguments, str(environment)])

        assert {path: path.read_bytes() for path in kept} == kept
        assert tree(base / "outside") == outside


@settings(deadline=None, max_examples=EXAMPLES)
@given(st.lists(things, min_size=len(PLACES), max_size=len(PLACES)), commands)
def test_second_run(contents: list[str], arguments: list[str]) -> None:
    """Whatever is in the links' places, a second run changes nothing, and has the same status."""
    with tempfile.TemporaryDirectory() as directory:
        environment = make_environment(Path(directory) / "environment")
        add_program(environment, "tool")
        for place, thing in zip(PLACES, contents):
            put(environment / place, thing)
        status = main(["--quiet", *arguments, str(environment)])
        after = tree(environment)

        assert main(["--quiet", *arguments, str(environment)]) == status

        assert tree(environment) == after


@settings(deadline=None, max_examples=EXAMPLES)
@given(st.lists(things, min_size=len(PLACES), max_size=len(PLACES)))
def test_check_agrees(contents: list[str]) -> None:
    """Whatever is in the links' places, ``--check`` is content exactly if linking was."""
    options = ["--quiet", "--link-exe", "--link-site-packages"]
    with tempfile.TemporaryDirectory() as directory:
        environment = make_environment(Path(directory) / "environment")
        add_program(environment, "tool")
        for place, thing in zip(PLACES, contents):
            put(environment / place, thing)
        status = main([*options, str(environment)])

        assert main([*options, "--check", str(environment)]) == status

"""Where an environment keeps things."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from virtualenv.run import session_via_cli

from virtualenv_link_bin_scripts._environment import Environment
from virtualenv_link_bin_scripts._options import LINKS

ROOT = Path("environment").resolve()


def layout(scripts: str, interpreter: str, site_packages: str) -> dict[str, tuple[str, str]]:
    """Return the aliases and targets for an environment, by what virtualenv's creator would say of it."""
    creator: Any = SimpleNamespace(
        dest=ROOT, bin_dir=ROOT / scripts, exe=ROOT / scripts / interpreter, purelib=ROOT / site_packages
    )
    environment = Environment.from_creator(creator)
    return {
        name: (
            Path(link.alias).relative_to(ROOT).as_posix(),
            Path(link.target).relative_to(ROOT).as_posix(),
        )
        for name in LINKS
        for link in environment.links([name])
    }


def test_posix() -> None:
    """On POSIX the layout lacks three names."""
    assert layout("bin", "python", "lib/python3.13/site-packages") == {
        "bin-scripts": ("Scripts", "bin"),
        "python-exe": ("bin/python.exe", "bin/python"),
        "site-packages": ("Lib/site-packages", "lib/python3.13/site-packages"),
    }


def test_windows() -> None:
    """On Windows it lacks one."""
    assert layout("Scripts", "python.exe", "Lib/site-packages") == {"bin-scripts": ("bin", "Scripts")}


def test_msys2() -> None:
    """MSYS2's Python has the layout of POSIX on Windows, but for the interpreter's name."""
    assert layout("bin", "python.exe", "lib/python3.12/site-packages") == {
        "bin-scripts": ("Scripts", "bin"),
        "site-packages": ("Lib/site-packages", "lib/python3.12/site-packages"),
    }


def test_pypy() -> None:
    """PyPy's interpreter is there as python too, which is what every environment has."""
    assert layout("bin", "pypy3", "lib/pypy3.11/site-packages") == {
        "bin-scripts": ("Scripts", "bin"),
        "python-exe": ("bin/python.exe", "bin/python"),
        "site-packages": ("Lib/site-packages", "lib/pypy3.11/site-packages"),
    }


def test_pypy_on_windows() -> None:
    """PyPy's own name on Windows does not matter either."""
    assert layout("Scripts", "pypy3.exe", "Lib/site-packages") == {"bin-scripts": ("bin", "Scripts")}


def test_nothing_asked_for() -> None:
    """No link is described that was not asked for."""
    assert Environment(str(ROOT), str(ROOT / "bin"), "python", str(ROOT / "lib")).links([]) == []


def test_creator(tmp_path: Path) -> None:
    """Where things are is what virtualenv's creator says."""
    creator = session_via_cli([str(tmp_path / "x")], setup_logging=False).creator

    link = Environment.from_creator(creator).links(LINKS)[0]

    assert link.target == str(creator.bin_dir)
    assert os.path.dirname(link.alias) == str(creator.dest)

"""Each installed interpreter works through the links as by its own path."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from helpers import posix, run
from virtualenv.run import session_via_cli

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = posix

#: Tells all that may depend on the path by which the interpreter is run.
PROBE = """
import json, multiprocessing, site, subprocess, sys, sysconfig

def prefix(_=None):
    return sys.prefix

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        spawned = pool.map(prefix, [0])
    print(json.dumps({
        "prefixes": [sys.prefix, sys.exec_prefix, sys.base_prefix, *spawned],
        "subprocess": subprocess.check_output([sys.executable, "-c", "import sys; print(sys.prefix)"], text=True),
        "site": [site.getsitepackages(), [path for path in sys.path if "site-packages" in path]],
        "sysconfig": sysconfig.get_paths(),
        "pip": subprocess.check_output([sys.executable, "-m", "pip", "--version"], text=True),
    }))
"""


@pytest.fixture(params=["3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15", "pypy3"])
def python(request: pytest.FixtureRequest) -> str:
    """Return the path of each interpreter that virtualenv finds."""
    try:
        session = session_via_cli(["--python", request.param, "x"], setup_logging=False)
    except RuntimeError as error:
        pytest.skip(str(error))
    return str(session.interpreter.system_executable)


def test_virtualenv(python: str, tmp_path: Path) -> None:
    """In an environment made by virtualenv, it says of itself what it says by its own path."""
    links = ["--link-bin-scripts", "--link-exe", "--link-site-packages"]
    run(sys.executable, "-m", "virtualenv", "--python", python, *links, ".venv")
    (tmp_path / "probe.py").write_text(PROBE, encoding="utf-8")
    expected = json.loads(run(tmp_path / ".venv" / "bin" / "python", "probe.py"))
    assert expected["prefixes"][0] == str(tmp_path / ".venv")

    for name in ("bin/python.exe", "bin/python3.exe", "Scripts/python", "Scripts/python3", "Scripts/python.exe"):
        assert json.loads(run(tmp_path / ".venv" / name, "probe.py")) == expected


@pytest.mark.parametrize(
    "creator",
    ["{python} -m venv --without-pip .venv", f"{sys.executable} -m uv venv --quiet --python {{python}} .venv"],
)
def test_other_creators(python: str, tmp_path: Path, creator: str) -> None:
    """In an environment made by ``venv`` or uv, it finds the environment, and uv installs by it."""
    uv = [sys.executable, "-m", "uv"]
    run(*creator.format(python=python).split())

    run(sys.executable, "-m", "virtualenv_link_bin_scripts", "--link-site-packages")

    for name in ("bin/python.exe", "Scripts/python", "Scripts/python.exe"):
        code = "import sys; print(sys.prefix)"
        assert run(tmp_path / ".venv" / name, "-c", code) == f"{tmp_path / '.venv'}\n"
        run(*uv, "pip", "install", "--quiet", "--reinstall", "--python", f".venv/{name}", "six")
        assert (tmp_path / ".venv" / "Lib" / "site-packages" / "six.py").exists()

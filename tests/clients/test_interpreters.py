"""Interpreters of every kind work through the aliases exactly as they do by their own path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import NATIVE, OTHER, run_merged

PYTHONS = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "pypy3"]
PATHS = sorted({f"{OTHER}/python", "bin/python.exe", "Scripts/python.exe"})

#: Tells all that may depend on the path by which the interpreter is run.
PROBE = """
import json, multiprocessing, site, subprocess, sys, sysconfig, venv

def prefix(_=None):
    return sys.prefix

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        spawned = pool.map(prefix, [0])
    print(json.dumps({
        "prefix": [sys.prefix, sys.exec_prefix, sys.base_prefix],
        "spawned": spawned,
        "subprocess": subprocess.check_output([sys.executable, "-c", "import sys; print(sys.prefix)"], text=True),
        "site": [site.getsitepackages(), [path for path in sys.path if "site-packages" in path]],
        "sysconfig": sysconfig.get_paths(),
        "pip": subprocess.check_output([sys.executable, "-m", "pip", "--version"], text=True),
    }))
"""


@pytest.fixture(scope="module", params=PYTHONS)
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment of each Python, with all links."""
    directory = tmp_path_factory.mktemp("environment") / ".venv"
    options = ["--link-bin-scripts", "--link-python-exe", "--link-site-packages"]
    command = [sys.executable, "-m", "virtualenv", "--python", request.param, *options, str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        assert "failed to find interpreter" in done.stdout + done.stderr
        pytest.skip(f"Python {request.param} is not there")
    return directory


def probed(environment: Path, path: str, tmp_path: Path) -> dict[str, Any]:
    """Return what an interpreter says of itself."""
    script = tmp_path / "probe.py"
    script.write_text(PROBE, encoding="utf-8")
    output = subprocess.check_output([environment / path, script], text=True, stdin=subprocess.DEVNULL)
    return dict(json.loads(output))


@pytest.mark.parametrize("path", PATHS)
class TestThrough:
    """An interpreter, run through each alias."""

    def test_itself(self, environment: Path, tmp_path: Path, path: str) -> None:
        """It says of itself, and of what it starts, what it says by its own path."""
        found = probed(environment, path, tmp_path)

        assert found["prefix"][0] == str(environment)
        assert found == probed(environment, f"{NATIVE}/python", tmp_path)

    def test_nested_environment(self, environment: Path, tmp_path: Path, path: str) -> None:
        """It makes an environment of its own with venv, which works."""
        subprocess.check_call([environment / path, "-m", "venv", "--without-pip", tmp_path / "nested"])

        code = "import sys; print(sys.prefix)"
        output = subprocess.check_output([tmp_path / "nested" / NATIVE / "python", "-c", code], text=True)
        assert output.strip() == str(tmp_path / "nested")

    def test_extension_module(self, environment: Path, path: str) -> None:
        """It installs and loads a native extension module."""
        package, module = ("lxml", "lxml.etree") if "pypy" in os.listdir(environment / NATIVE) else ("wrapt", "wrapt")
        options = ["--quiet", "--only-binary", ":all:"]
        done = run_merged([environment / path, "-m", "pip", "install", *options, package])
        if "No matching distribution found" in done.stdout:  # a new Python is ahead of its packages
            pytest.skip(f"there is no wheel of {package} for this Python")
        assert done.returncode == 0, done.stdout

        code = f"import {module} as module; print(module.__file__)"
        output = subprocess.check_output([environment / path, "-c", code], text=True).strip()
        assert Path(output).is_relative_to(environment)


def test_script(environment: Path) -> None:
    """A program with a shebang runs through the alias of the scripts directory."""
    outputs = [
        subprocess.check_output([environment / scripts / "pip", "--version"], text=True) for scripts in (NATIVE, OTHER)
    ]
    assert outputs[0] == outputs[1]
    assert str(environment) in outputs[0]

"""All tests of the package, on a file system that does not tell Lib from lib."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import run

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def case_insensitive() -> Iterator[Path]:
    """Return a directory on such a file system."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root may mount, on Linux")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o711)  # the tests give up root
        shown, mountpoint = directory / "shown", directory / "mounted"
        shown.mkdir()
        mountpoint.mkdir()
        with subprocess.Popen(
            [sys.executable, Path(__file__).with_name("file_system.py"), shown, mountpoint],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            while not mountpoint.is_mount():
                if process.poll() is not None:
                    assert process.stderr
                    pytest.skip(f"FUSE is unavailable: {process.stderr.read().splitlines()[-1]}")
                time.sleep(0.05)
            try:
                yield mountpoint
            finally:
                subprocess.run(["umount", mountpoint], check=True)


def test_case_insensitive(case_insensitive: Path) -> None:
    """It tells no names by their case or their composition, keeps them as they are, and means one file by all."""
    (case_insensitive / "Bücher").touch()

    for name in ("bücher", "BÜCHER", "bu\N{COMBINING DIAERESIS}cher"):
        assert (case_insensitive / name).samefile(case_insensitive / "Bücher")
    assert os.listdir(case_insensitive) == ["Bücher"]
    (case_insensitive / "Bücher").rename(case_insensitive / "bücher")
    assert os.listdir(case_insensitive) == ["bücher"]


def test_all(case_insensitive: Path) -> None:
    """The tests pass."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--basetemp", str(case_insensitive / "base")]
    environ = {**os.environ, "TMPDIR": str(case_insensitive), "EXAMPLES": "50"}
    run(*command, cwd=Path(__file__).parents[2], env=environ)

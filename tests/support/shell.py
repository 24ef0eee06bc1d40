"""A user's shell, for the tests that run real tools."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

#: What the tools read that must not come from whoever runs the tests.
SETTINGS = (
    "COV",
    "HATCH",
    "NOX",
    "PDM",
    "PIPENV",
    "PIPX",
    "POETRY",
    "PRE_COMMIT",
    "PYTHON",
    "TOX",
    "UV",
    "VIRTUAL",
    "XDG_",
)


class Shell:
    """A new user's home and project, who gets our package as if it had been released.

    :param directory: where both are
    :param wheels: directory of our wheel
    """

    def __init__(self, directory: Path, wheels: Path) -> None:
        self.project = directory / "project"
        self._tools = directory / "tools"
        home = directory / "home"
        self.project.mkdir()
        home.mkdir()
        own = os.path.dirname(sys.executable)
        others = [path for path in os.environ["PATH"].split(os.pathsep) if path != own]
        cache = Path(os.environ.get("TOX_WORK_DIR", directory)) / ".cache"
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)},
            "HOME": str(home),
            "PATH": os.pathsep.join([f"{home}/.local/bin", f"{self._tools}/bin", *self._link_uv(home), *others]),
            "PIP_CACHE_DIR": str(cache / "pip"),
            "PIP_FIND_LINKS": f"{wheels} {os.environ.get('PIP_FIND_LINKS', '')}",
            "UV_CACHE_DIR": str(cache / "uv"),
            "UV_FIND_LINKS": str(wheels),
            "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
            "npm_config_cache": str(cache / "npm"),
        }

    @staticmethod
    def _link_uv(home: Path) -> list[str]:
        """Return directories for PATH: one with uv, and that of the base interpreter."""
        (home / "uv").mkdir()
        for name in ("uv", "uvx"):
            (home / "uv" / name).symlink_to(Path(sys.executable).with_name(name))
        return [str(home / "uv"), os.path.dirname(os.path.realpath(sys.executable))]

    def __call__(self, lines: str, *, status: int = 0, cwd: Path | None = None) -> str:
        """Run lines in the project, and return all that they print.

        :param lines: what a user types
        :param status: the expected exit status of the last line, or of the first one that fails
        :param cwd: where, if not in the project
        :returns: the output, errors included
        """
        done = subprocess.run(
            ["bash", "-ec", lines],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            cwd=cwd or self.project,
            env=self._environ,
            check=False,
        )
        assert done.returncode == status, done.stdout
        return done.stdout

    def install(self, requirements: str) -> None:
        """Install tools into an environment whose programs are on the PATH."""
        self(f"uv venv --quiet {self._tools} && uv pip install --quiet --python {self._tools} {requirements}")

    def write(self, name: str, text: str) -> None:
        """Write a file into the project."""
        path = self.project / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def check_links(environment: Path) -> None:
    """Check that an environment has all links of the README's table, and that its interpreter runs by one."""
    for alias in ("Scripts", "bin/python.exe", "bin/python3.exe", "Lib/site-packages"):
        assert (environment / alias).is_symlink()
        assert (environment / alias).exists()
    code = "import sys; print(sys.prefix)"
    prefix = subprocess.check_output([environment / "Scripts" / "python.exe", "-c", code], text=True)
    assert Path(prefix.strip()).samefile(environment)

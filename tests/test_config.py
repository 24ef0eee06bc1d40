"""What a project asks for in pyproject.toml."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from conftest import posix

from virtualenv_link_bin_scripts import _config

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "[tool.virtualenv-link-bin-scripts]\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the path of a project's pyproject.toml, which does not exist yet."""
    return tmp_path / "pyproject.toml"


def read(file: Path, environment: str = ".venv") -> tuple[dict[str, bool], list[str]]:
    """Read the configuration of an environment in the project; its messages without the file's name."""
    messages: list[str] = []
    requested = _config._read([str(file.parent / environment)], messages.append)
    assert all(message.startswith(f"{file}: ") for message in messages)
    return requested, [message[len(f"{file}: ") :] for message in messages]


class TestValues:
    """The table says which options the project requests."""

    def test_requested(self, file: Path) -> None:
        """Each key is an option, requested or refused."""
        file.write_text(f"{TABLE}bin-scripts = true\nsite-packages = false\n", encoding="utf-8")
        assert read(file) == ({"bin-scripts": True, "site-packages": False}, [])

    def test_empty(self, file: Path) -> None:
        """An empty table asks for nothing."""
        file.write_text(TABLE, encoding="utf-8")
        assert read(file) == ({}, [])

    def test_byte_order_mark(self, file: Path) -> None:
        """The file may begin with a byte order mark, as some of Windows's editors write it."""
        file.write_text(f"{TABLE}python-exe = true\n", encoding="utf-8-sig")
        assert read(file) == ({"python-exe": True}, [])

    def test_windows_line_ends(self, file: Path) -> None:
        """The file may have Windows's line ends, and characters of all languages."""
        file.write_bytes(
            f'# Übung\n{TABLE}python-exe = true\n[project]\nname = "日本"\n'.replace("\n", "\r\n").encode()
        )
        assert read(file) == ({"python-exe": True}, [])


class TestFinding:
    """The nearest file above the environment that has the table counts."""

    @pytest.fixture
    def inner(self, tmp_path: Path) -> Path:
        """Return a directory in the project, with an environment some levels deeper."""
        inner = tmp_path / "packages" / "inner"
        (inner / ".tox").mkdir(parents=True)
        return inner

    def found(self, inner: Path) -> dict[str, bool]:
        """Return what is requested for an environment in the inner directory."""
        return _config._read([str(inner / ".tox" / "3.13")], pytest.fail)

    def test_above(self, file: Path, inner: Path) -> None:
        """It is found at any distance."""
        file.write_text(f"{TABLE}bin-scripts = true\n", encoding="utf-8")
        assert self.found(inner) == {"bin-scripts": True}

    def test_nearest(self, file: Path, inner: Path) -> None:
        """A nearer one counts alone."""
        file.write_text(f"{TABLE}bin-scripts = true\n", encoding="utf-8")
        (inner / "pyproject.toml").write_text(f"{TABLE}python-exe = true\n", encoding="utf-8")
        assert self.found(inner) == {"python-exe": True}

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "not TOML either",
            "[project]\nname = 'x'\n",
            "[dependency-groups]\ndev = ['virtualenv-link-bin-scripts']\n",
            "tool = 'virtualenv-link-bin-scripts'\n",
            "[tool.other]\nx = 'virtualenv-link-bin-scripts'\n",
        ],
    )
    def test_without_the_table(self, file: Path, inner: Path, text: str) -> None:
        """One without the table is passed over, whatever else is in it."""
        file.write_text(f"{TABLE}bin-scripts = true\n", encoding="utf-8")
        (inner / "pyproject.toml").write_text(text, encoding="utf-8")
        assert self.found(inner) == {"bin-scripts": True}

    def test_environment_is_project(self, file: Path) -> None:
        """One in the environment itself counts, as where ``python -m venv .`` made the project an environment."""
        file.write_text(f"{TABLE}bin-scripts = true\n", encoding="utf-8")
        assert read(file, ".") == ({"bin-scripts": True}, [])

    def test_environment_elsewhere(self, file: Path, inner: Path) -> None:
        """One in or above the project counts if there is none above the environment."""
        project, elsewhere = file.parent / "packages", file.parent / "elsewhere"
        (inner / "pyproject.toml").write_text(f"{TABLE}bin-scripts = true\n", encoding="utf-8")
        assert _config._read([str(elsewhere / "x"), str(inner / "below")], pytest.fail) == {"bin-scripts": True}
        assert _config._read([str(elsewhere / "x"), str(project)], pytest.fail) == {}
        elsewhere.mkdir()
        (elsewhere / "pyproject.toml").write_text(f"{TABLE}python-exe = true\n", encoding="utf-8")
        assert _config._read([str(elsewhere / "x"), str(inner)], pytest.fail) == {"python-exe": True}

    def test_working_directory(self, file: Path, monkeypatch: pytest.MonkeyPatch, inner: Path) -> None:
        """The working directory does not matter."""
        (inner / "pyproject.toml").write_text(f"{TABLE}bin-scripts = true\n", encoding="utf-8")
        monkeypatch.chdir(inner)
        assert read(file) == ({}, [])

    def test_directory(self, file: Path, inner: Path) -> None:
        """A directory of that name is passed over."""
        file.write_text(f"{TABLE}bin-scripts = true\n", encoding="utf-8")
        (inner / "pyproject.toml").mkdir()
        assert self.found(inner) == {"bin-scripts": True}

    @posix
    def test_fifo(self, file: Path, inner: Path) -> None:
        """A FIFO is never opened, which would not end."""
        file.write_text(f"{TABLE}bin-scripts = true\n", encoding="utf-8")
        os.mkfifo(inner / "pyproject.toml")
        assert self.found(inner) == {"bin-scripts": True}

    @posix
    def test_device(self, file: Path, inner: Path) -> None:
        """A device is never opened, which might not end either."""
        file.write_text(f"{TABLE}bin-scripts = true\n", encoding="utf-8")
        (inner / "pyproject.toml").symlink_to("/dev/zero")
        assert self.found(inner) == {"bin-scripts": True}

    @posix
    def test_symbolic_link(self, file: Path, inner: Path) -> None:
        """A symbolic link to a file is as good as the file."""
        (file.parent / "shared.toml").write_text(f"{TABLE}bin-scripts = true\n", encoding="utf-8")
        (inner / "pyproject.toml").symlink_to(file.parent / "shared.toml")
        assert self.found(inner) == {"bin-scripts": True}


class TestMistakes:
    """Each mistake gives one message that names the file, the key and what was expected; the rest counts."""

    def test_not_a_boolean(self, file: Path) -> None:
        """A value has to be a boolean."""
        file.write_text(f"{TABLE}bin-scripts = 'yes'\npython-exe = 1\nsite-packages = true\n", encoding="utf-8")
        assert read(file) == (
            {"site-packages": True},
            [
                "tool.virtualenv-link-bin-scripts.bin-scripts is 'yes', expected true or false",
                "tool.virtualenv-link-bin-scripts.python-exe is 1, expected true or false",
            ],
        )

    @pytest.mark.parametrize(
        ("key", "closest"),
        [("python_exe", "python-exe"), ("link-bin-scripts", "bin-scripts"), ("packages", "site-packages")],
    )
    def test_unknown_key(self, file: Path, key: str, closest: str) -> None:
        """An unknown key is reported with the closest known one."""
        file.write_text(f"{TABLE}{key} = true\nbin-scripts = true\n", encoding="utf-8")
        assert read(file) == (
            {"bin-scripts": True},
            [f"tool.virtualenv-link-bin-scripts.{key} is unknown, did you mean {closest}?"],
        )

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("tool.virtualenv-link-bin-scripts = true", "True"),
            ("[[tool.virtualenv-link-bin-scripts]]\nbin-scripts = true", "[{'bin-scripts': True}]"),
        ],
    )
    def test_not_a_table(self, file: Path, text: str, value: str) -> None:
        """The table has to be a table."""
        file.write_text(text, encoding="utf-8")
        assert read(file) == ({}, [f"tool.virtualenv-link-bin-scripts is {value}, expected a table"])

    def test_not_toml(self, file: Path) -> None:
        """The file has to be TOML; its end is no place to look further."""
        (file.parent / "x").mkdir()
        nearer = file.parent / "x" / "pyproject.toml"
        nearer.write_text(f"{TABLE}bin-scripts = maybe\n", encoding="utf-8")
        file.write_text(f"{TABLE}bin-scripts = true\n", encoding="utf-8")

        messages: list[str] = []

        assert _config._read([str(nearer.parent / ".venv")], messages.append) == {}

        (message,) = messages
        assert message.startswith(f"{nearer}: expected TOML - ")

    def test_too_deep(self, file: Path) -> None:
        """A file that no parser gets through is a mistake like others, not a traceback."""
        file.write_text(f"{TABLE}x = {'[' * 100_000}", encoding="utf-8")
        code = "import sys; from virtualenv_link_bin_scripts import _config; _config._read(sys.argv[1:], print)"
        # In a process of its own: PyPy stops measuring coverage when the stack is full.
        output = subprocess.check_output([sys.executable, "-c", code, file.parent / ".venv"], encoding="utf-8")
        assert "expected TOML - " in output

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            (f"0x{'f' * 5000}", "of type int"),
            (f"'{'x' * 5000}'", f"'{'x' * 59}..."),
            ('"\\u001b[2J"', "'\\x1b[2J'"),
        ],
    )
    def test_value_that_cannot_be_shown(self, file: Path, text: str, shown: str) -> None:
        """A value is shown cut to a sensible length, and without what a terminal would obey."""
        file.write_text(f"{TABLE}bin-scripts = {text}\n", encoding="utf-8")
        expected = f"tool.virtualenv-link-bin-scripts.bin-scripts is {shown}, expected true or false"
        requested, (message,) = read(file)
        assert requested == {}
        if sys.version_info >= (3, 10, 7) or "type" not in shown:  # pragma: no branch - older ones show any number
            assert message == expected

    def test_tables_in_tables(self, file: Path) -> None:
        """Tables in tables that Python can't show, or that the parser refuses, are a mistake like others."""
        file.write_text(f"{TABLE}bin-scripts{'.a' * 20_000} = 1\n", encoding="utf-8")
        code = "import sys; from virtualenv_link_bin_scripts import _config; _config._read(sys.argv[1:], print)"
        output = subprocess.check_output([sys.executable, "-c", code, file.parent / ".venv"], encoding="utf-8")
        assert "tool.virtualenv-link-bin-scripts.bin-scripts is " in output or "expected TOML - " in output
        assert len(output) < 1000

    def test_long_key(self, file: Path) -> None:
        """A long key, or one that a terminal would obey, is shown cut and escaped."""
        file.write_text(f'{TABLE}{"x" * 5000} = true\n"\\u001b[2J" = true\n', encoding="utf-8")
        _, messages = read(file)
        assert [message.partition(" is unknown")[0].rpartition("scripts.")[2] for message in messages] == [
            f"'{'x' * 59}...",
            "'\\x1b[2J'",
        ]

    def test_unrelated_file_is_not_utf8(self, file: Path) -> None:
        """A file that does not mention the table may be anything."""
        file.write_bytes("# Ü\n".encode("latin-1"))
        assert read(file) == ({}, [])

    def test_not_utf8(self, file: Path) -> None:
        """The file has to be UTF-8."""
        file.write_bytes(f"# Ü\n{TABLE}bin-scripts = true\n".encode("latin-1"))
        requested, (message,) = read(file)
        assert requested == {}
        assert message.startswith("expected UTF-8 - ")

    @posix
    def test_cannot_be_looked_at(self, file: Path) -> None:
        """A file that can't be looked at is not taken for none."""
        file.symlink_to(file)
        assert read(file) == ({}, [f"could not be read - {os.strerror(errno.ELOOP)}"])

    def test_not_readable(self, as_ordinary_user: Path) -> None:
        """A file that can't be read is named with the system's reason."""
        file = as_ordinary_user / "pyproject.toml"
        file.touch(mode=0o000)
        assert read(file) == ({}, ["could not be read - Permission denied"])


def test_toml_is_not_imported_without_need(file: Path) -> None:
    """A file that does not mention the table costs no TOML parser."""
    file.write_text("[project]\nname = 'x'\n", encoding="utf-8")
    code = """
import sys
before = set(sys.modules)
from virtualenv_link_bin_scripts import _config
assert _config._read(sys.argv[1:], print) == {}
print(*(name for name in set(sys.modules) - before if "toml" in name or "difflib" in name))
"""
    assert subprocess.check_output([sys.executable, "-c", code, file.parent / ".venv"], text=True) == "\n"

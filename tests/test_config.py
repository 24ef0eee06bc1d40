"""What a project requests in pyproject.toml, and what environment variables do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from helpers import run

from virtualenv_link_bin_scripts._config import ConfigError, find_requested, read_variables

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "[tool.virtualenv-link-bin-scripts]\n"


def write(directory: Path, content: str) -> None:
    """Write a pyproject.toml."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "pyproject.toml").write_text(content, encoding="utf-8")


def mistake(directory: Path, content: str) -> str:
    """Return what is said of a pyproject.toml, after its path."""
    write(directory, content)
    with pytest.raises(ConfigError) as caught:
        find_requested([str(directory)], {})
    path, _, message = str(caught.value).partition(": ")
    assert path == str(directory / "pyproject.toml")
    return message


class TestPlace:
    """Which pyproject.toml counts."""

    def test_above(self, tmp_path: Path) -> None:
        """The table may be in any directory above."""
        write(tmp_path, f"{TABLE}exe = true\n")

        assert find_requested([str(tmp_path / "a" / "b" / ".tox" / "py")], {}) == ["exe"]

    def test_in_environment(self, tmp_path: Path) -> None:
        """The table may be in the environment's directory, as with ``python -m venv .``."""
        write(tmp_path, f"{TABLE}exe = true\n")

        assert find_requested([str(tmp_path)], {}) == ["exe"]

    def test_nearest(self, tmp_path: Path) -> None:
        """Only the nearest table counts."""
        write(tmp_path, f"{TABLE}exe = true\n")
        write(tmp_path / "project", f"{TABLE}site-packages = true\n")

        assert find_requested([str(tmp_path / "project" / ".venv")], {}) == ["site-packages"]

    def test_nearest_with_table(self, tmp_path: Path) -> None:
        """A pyproject.toml without the table is passed over."""
        write(tmp_path, f"{TABLE}exe = true\n")
        write(tmp_path / "project", "[project]\nname = 'project'\n")

        assert find_requested([str(tmp_path / "project" / ".venv")], {}) == ["exe"]

    def test_project(self, tmp_path: Path) -> None:
        """The project's table counts if there is none above the environment."""
        write(tmp_path / "project", f"{TABLE}exe = true\n")

        assert find_requested([str(tmp_path / "elsewhere"), str(tmp_path / "project")], {}) == ["exe"]

    def test_environment_before_project(self, tmp_path: Path) -> None:
        """The table above the environment comes before the project's."""
        write(tmp_path / "project", f"{TABLE}exe = true\n")
        write(tmp_path / "elsewhere", f"{TABLE}site-packages = true\n")

        assert find_requested([str(tmp_path / "elsewhere"), str(tmp_path / "project")], {}) == ["site-packages"]


class TestPrecedence:
    """What counts if an option is set in several places."""

    def test_nothing(self, tmp_path: Path) -> None:
        """Nothing is requested unless something requests it."""
        assert find_requested([str(tmp_path)], {}) == []

    def test_default(self, tmp_path: Path) -> None:
        """A default counts without a table."""
        assert find_requested([str(tmp_path)], {}, default=["bin-scripts"]) == ["bin-scripts"]

    def test_table_refuses_default(self, tmp_path: Path) -> None:
        """The table comes before a default."""
        write(tmp_path, f"{TABLE}bin-scripts = false\n")

        assert find_requested([str(tmp_path)], {}, default=["bin-scripts"]) == []

    def test_explicit(self, tmp_path: Path) -> None:
        """What the command line says comes before the table."""
        write(tmp_path, f"{TABLE}bin-scripts = true\nexe = false\nsite-packages = true\n")

        assert find_requested([str(tmp_path)], {"bin-scripts": False, "exe": True}) == ["exe", "site-packages"]


class TestMistakes:
    """A mistake is one message that names the file, the key, and what was expected; nothing is requested then."""

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("exe = 'yes'", "exe is 'yes', expected true or false"),
            ("exe = 1", "exe is 1, expected true or false"),
            ("bin_scripts = true", "bin_scripts is unknown, did you mean bin-scripts?"),
            ("link-exe = true", "link-exe is unknown, did you mean exe?"),
            ("packages = true", "packages is unknown, did you mean site-packages?"),
            ("all = true", "all is unknown, expected bin-scripts, exe or site-packages"),
            ("exes = 1\nexe = 2", "exes is unknown, did you mean exe?; exe is 2, expected true or false"),
        ],
    )
    def test_key(self, tmp_path: Path, line: str, message: str) -> None:
        """A wrong key or value is named, with what was expected."""
        assert mistake(tmp_path, f"{TABLE}{line}\n") == f"[tool.virtualenv-link-bin-scripts]: {message}"

    def test_not_a_table(self, tmp_path: Path) -> None:
        """A value in the place of the table is a mistake."""
        message = mistake(tmp_path, "[tool]\nvirtualenv-link-bin-scripts = true\n")

        assert message == "[tool.virtualenv-link-bin-scripts]: expected a table"

    def test_underscores(self, tmp_path: Path) -> None:
        """A table with underscores in its name is a mistake."""
        message = mistake(tmp_path, "[tool.virtualenv_link_bin_scripts]\nexe = true\n")

        expected = "did you mean [tool.virtualenv-link-bin-scripts]?"
        assert message == f"[tool.virtualenv_link_bin_scripts] is unknown, {expected}"

    def test_syntax(self, tmp_path: Path) -> None:
        """If TOML can't be parsed, the message names the line."""
        assert mistake(tmp_path, f"{TABLE}exe = maybe\n") == "invalid TOML, line 2: Invalid value"

    def test_end(self, tmp_path: Path) -> None:
        """If TOML ends too early, the message says so."""
        assert mistake(tmp_path, f"{TABLE}exe = [").startswith("invalid TOML, end of document: ")

    def test_encoding(self, tmp_path: Path) -> None:
        """A file that is not UTF-8 is a mistake."""
        (tmp_path / "pyproject.toml").write_bytes(f"{TABLE}# Ü\n".encode("latin-1"))

        with pytest.raises(ConfigError, match=r"pyproject\.toml: invalid TOML, 'utf-8' codec can't decode"):
            find_requested([str(tmp_path)], {})

    def test_permission(self, ordinary_user: Path) -> None:
        """A file that can't be read is a mistake, since it might have the table."""
        (ordinary_user / "pyproject.toml").touch(mode=0)

        with pytest.raises(ConfigError) as caught:
            find_requested([str(ordinary_user)], {})

        assert str(caught.value) == f"{ordinary_user / 'pyproject.toml'}: Permission denied"


class TestOtherFiles:
    """Files that are read nevertheless, or ignored."""

    def test_byte_order_mark(self, tmp_path: Path) -> None:
        """A byte order mark, as an editor of Windows may write it, does no harm."""
        (tmp_path / "pyproject.toml").write_bytes(f"\ufeff{TABLE}exe = true\n".encode())

        assert find_requested([str(tmp_path)], {}) == ["exe"]

    def test_broken_file_of_others(self, tmp_path: Path) -> None:
        """A broken file that doesn't mention the table is ignored."""
        write(tmp_path, "not TOML")

        assert find_requested([str(tmp_path)], {}) == []

    def test_mentioned_elsewhere(self, tmp_path: Path) -> None:
        """A dependency of that name is not the table."""
        write(tmp_path, "[dependency-groups]\ndev = ['virtualenv-link-bin-scripts']\n")

        assert find_requested([str(tmp_path)], {}) == []

    def test_directory(self, tmp_path: Path) -> None:
        """A directory of that name is ignored."""
        (tmp_path / "pyproject.toml").mkdir()

        assert find_requested([str(tmp_path)], {}) == []

    def test_costs_no_parser(self, tmp_path: Path) -> None:
        """A file that doesn't mention the table doesn't cost a start of the TOML parser."""
        write(tmp_path, "[project]\nname = 'project'\n")
        code = """
import sys
before = set(sys.modules)
from virtualenv_link_bin_scripts._config import find_requested
find_requested(sys.argv[1:], {})
print(*(set(sys.modules) - before))
"""

        imported = run(sys.executable, "-c", code, tmp_path).split()

        assert "virtualenv_link_bin_scripts._config" in imported
        assert {"tomllib", "tomli"}.isdisjoint(imported)


class TestVariables:
    """Environment variables, where virtualenv doesn't read them itself."""

    @pytest.mark.parametrize("value", ["1", "true", "True", "yes", "ON"])
    def test_yes(self, value: str) -> None:
        """Every word that virtualenv takes for yes asks for links."""
        assert read_variables({"VIRTUALENV_LINK_EXE": value}) == {"exe": True}

    @pytest.mark.parametrize("value", ["0", "false", "No", "off"])
    def test_no(self, value: str) -> None:
        """Every word that virtualenv takes for no refuses them."""
        assert read_variables({"VIRTUALENV_LINK_SITE_PACKAGES": value}) == {"site-packages": False}

    def test_empty(self) -> None:
        """An empty variable counts as unset."""
        assert read_variables({"VIRTUALENV_LINK_BIN_SCRIPTS": ""}) == {}

    def test_mistake(self) -> None:
        """Any other value is a mistake."""
        with pytest.raises(ConfigError) as caught:
            read_variables({"VIRTUALENV_LINK_BIN_SCRIPTS": "maybe"})

        assert str(caught.value) == "VIRTUALENV_LINK_BIN_SCRIPTS is 'maybe', expected true or false"

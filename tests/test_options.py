"""The options, set in every way that virtualenv offers."""

from __future__ import annotations

import os
from itertools import product
from typing import TYPE_CHECKING

import pytest
from virtualenv.run import cli_run, session_via_cli

from virtualenv_link_bin_scripts._config import find_requested, read_settings
from virtualenv_link_bin_scripts._options import OPTIONS, option_dest
from virtualenv_link_bin_scripts.activator import LinkBinScriptsActivator

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def ini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of virtualenv's configuration file, which is not there yet."""
    path = tmp_path / "virtualenv.ini"
    monkeypatch.setenv("VIRTUALENV_CONFIG_FILE", str(path))
    return path


def resolve(tmp_path: Path, *arguments: str, mistakes: list[str] | None = None) -> set[str]:
    """Return the links that virtualenv asks the plugin for."""
    mistakes = [] if mistakes is None else mistakes
    session = session_via_cli([*arguments, str(tmp_path / "x")], setup_logging=False)
    (activator,) = (a for a in session.activators if isinstance(a, LinkBinScriptsActivator))
    return set(find_requested(str(session.creator.dest), activator._read_options(), mistakes.append))


def expected(link: str) -> set[str]:
    """Return what a request for one option requests in the end."""
    return {link, "python-exe"} if link == "exe" else {link}


def test_exe_includes_interpreter(tmp_path: Path) -> None:
    """The interpreter is among the programs, unless its own option refuses it, from wherever."""
    assert resolve(tmp_path, "--link-exe") == {"exe", "python-exe"}
    assert resolve(tmp_path, "--link-exe", "--no-link-python-exe") == {"exe"}
    write_table(tmp_path, "exe = true", "python-exe = false")
    assert resolve(tmp_path) == {"exe"}


def test_default(tmp_path: Path) -> None:
    """Nothing is asked for by default."""
    assert resolve(tmp_path) == set()


@pytest.mark.parametrize("link", OPTIONS)
class TestEach:
    """Each option can be set in every way."""

    def test_flag(self, tmp_path: Path, link: str) -> None:
        """The flag asks for the link, and for no other."""
        assert resolve(tmp_path, f"--link-{link}") == expected(link)

    def test_last_flag_counts(self, tmp_path: Path, link: str) -> None:
        """Of the two forms the last one counts."""
        assert resolve(tmp_path, f"--link-{link}", f"--no-link-{link}") == set()
        assert resolve(tmp_path, f"--no-link-{link}", f"--link-{link}") == expected(link)

    @pytest.mark.parametrize("value", ["1", "true", "yes", "on", "True"])
    def test_environment_variable(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: str, value: str) -> None:
        """The environment variable asks for the link, in every word for yes that virtualenv knows."""
        monkeypatch.setenv(f"VIRTUALENV_{option_dest(link).upper()}", value)
        assert resolve(tmp_path) == expected(link)

    @pytest.mark.parametrize("value", ["0", "false", "no", "off", ""])
    def test_environment_variable_refuses(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: str, value: str
    ) -> None:
        """The environment variable can refuse the link."""
        monkeypatch.setenv(f"VIRTUALENV_{option_dest(link).upper()}", value)
        assert resolve(tmp_path) == set()

    def test_ini(self, tmp_path: Path, ini: Path, link: str) -> None:
        """virtualenv.ini asks for the link."""
        ini.write_text(f"[virtualenv]\n{option_dest(link)} = true\n", encoding="utf-8")
        assert resolve(tmp_path) == expected(link)

    def test_environment_variable_overrides_ini(
        self, tmp_path: Path, ini: Path, monkeypatch: pytest.MonkeyPatch, link: str
    ) -> None:
        """The environment variable has precedence over virtualenv.ini."""
        ini.write_text(f"[virtualenv]\n{option_dest(link)} = true\n", encoding="utf-8")
        monkeypatch.setenv(f"VIRTUALENV_{option_dest(link).upper()}", "0")
        assert resolve(tmp_path) == set()

    def test_flag_overrides_environment_variable(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: str
    ) -> None:
        """The command line has precedence over both."""
        monkeypatch.setenv(f"VIRTUALENV_{option_dest(link).upper()}", "1")
        assert resolve(tmp_path, f"--no-link-{link}") == set()
        monkeypatch.setenv(f"VIRTUALENV_{option_dest(link).upper()}", "0")
        assert resolve(tmp_path, f"--link-{link}") == expected(link)

    @pytest.mark.parametrize("value", ["0", "1"])
    def test_no_environment_variable_for_the_negative_form(
        self, tmp_path: Path, ini: Path, monkeypatch: pytest.MonkeyPatch, link: str, value: str
    ) -> None:
        """The negative form's environment variable, and its key in virtualenv.ini, switch nothing on."""
        ini.write_text(f"[virtualenv]\nno_{option_dest(link)} = {value}\n", encoding="utf-8")
        monkeypatch.setenv(f"VIRTUALENV_NO_{option_dest(link).upper()}", value)
        assert resolve(tmp_path) == set()

    def test_pyproject(self, tmp_path: Path, link: str) -> None:
        """pyproject.toml asks for the link."""
        write_table(tmp_path, f"{link} = true")
        assert resolve(tmp_path) == expected(link)

    def test_everything_overrides_pyproject(
        self, tmp_path: Path, ini: Path, monkeypatch: pytest.MonkeyPatch, link: str
    ) -> None:
        """The command line, the environment variable and virtualenv.ini each override pyproject.toml."""
        write_table(tmp_path, f"{link} = true")
        assert resolve(tmp_path, f"--no-link-{link}") == set()
        monkeypatch.setenv(f"VIRTUALENV_{option_dest(link).upper()}", "0")
        assert resolve(tmp_path) == set()
        monkeypatch.delenv(f"VIRTUALENV_{option_dest(link).upper()}")
        ini.write_text(f"[virtualenv]\n{option_dest(link)} = false\n", encoding="utf-8")
        assert resolve(tmp_path) == set()

    def test_flag_overrides_refusing_pyproject(self, tmp_path: Path, link: str) -> None:
        """The command line asks for the link that pyproject.toml refuses."""
        write_table(tmp_path, f"{link} = false")
        assert resolve(tmp_path, f"--link-{link}") == expected(link)


def write_table(directory: Path, *lines: str) -> None:
    """Write a pyproject.toml with the table."""
    text = "\n".join(["[tool.virtualenv-link-bin-scripts]", *lines])
    (directory / "pyproject.toml").write_text(text, encoding="utf-8")


def test_pyproject_is_read_for_undecided_options_only(tmp_path: Path) -> None:
    """pyproject.toml is not read where it has no say."""
    write_table(tmp_path, "mistake")
    flags = ["--link-bin-scripts", "--no-link-python-exe", "--no-link-exe", "--link-site-packages"]
    mistakes: list[str] = []

    assert resolve(tmp_path, *flags, mistakes=mistakes) == {"bin-scripts", "site-packages"}
    assert mistakes == []

    assert resolve(tmp_path, *flags[:3], mistakes=mistakes) == {"bin-scripts"}
    assert len(mistakes) == 1


def test_help(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The help names each option and says what it does on each system."""
    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit) as caught:
        cli_run(["--help"], setup_logging=False)
    assert not caught.value.code
    text = " ".join(capsys.readouterr().out.split())
    for link, description in OPTIONS.items():
        assert f"--link-{link} also add {description} (default: False)" in text
        assert f"--no-link-{link} never add it" in text
        assert "on Linux and macOS" in description


def test_nothing_happens_before_generate(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Building a session, as tox does on every call, neither writes nor prints nor reads pyproject.toml."""
    write_table(tmp_path, "mistake")
    session_via_cli(["--link-bin-scripts", str(tmp_path / "x")], setup_logging=False)
    assert os.listdir(tmp_path) == ["pyproject.toml"]
    assert capfd.readouterr() == ("", "")


VALUES = {"unset": None, "empty": "", "true": "true", "false": "no", "mistake": "maybe"}


@pytest.mark.parametrize("sources", list(product(VALUES, VALUES, ["unset", "true", "false"])), ids=" ".join)
def test_hosts_decide_alike(
    tmp_path: Path, ini: Path, monkeypatch: pytest.MonkeyPatch, sources: tuple[str, str, str]
) -> None:
    """Tox and PDM, where virtualenv may not run, decide as virtualenv does, whatever is set where."""
    variable, in_ini, table = sources
    ini.write_text("[virtualenv]\n", encoding="utf-8")
    if VALUES[in_ini] is not None:
        ini.write_text(f"[virtualenv]\nlink_python_exe = {VALUES[in_ini]}\n", encoding="utf-8")
    value = VALUES[variable]
    if value is not None:
        monkeypatch.setenv("VIRTUALENV_LINK_PYTHON_EXE", value)
    if table != "unset":
        write_table(tmp_path, f"python-exe = {table}")
    mistakes: list[str] = []

    explicit = read_settings(os.environ, mistakes.append)

    assert set(find_requested(str(tmp_path / "x"), explicit, pytest.fail)) == resolve(tmp_path)
    expected = [f"{place} is 'maybe', expected true or false" for place in places_of_mistakes(ini, variable, in_ini)]
    assert mistakes == expected


def places_of_mistakes(ini: Path, variable: str, in_ini: str) -> list[str]:
    """Return where a mistake is found."""
    found = ["VIRTUALENV_LINK_PYTHON_EXE"] if variable == "mistake" else []
    if in_ini == "mistake" and variable not in {"true", "false"}:
        found.append(f"{ini}: link_python_exe")
    return found


class TestSettings:
    """What virtualenv would read is found without virtualenv."""

    @pytest.mark.parametrize("value", ["1", "true", "YES", "on", "0", "False", "no", "off"])
    def test_values(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        """What virtualenv takes for true or false is taken for the same."""
        monkeypatch.setenv("VIRTUALENV_LINK_PYTHON_EXE", value)
        explicit = read_settings(os.environ, pytest.fail)
        assert {name for name, yes in explicit.items() if yes} == resolve(tmp_path)
        assert list(explicit) == ["python-exe"]

    def test_default_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The file is where virtualenv has it by default."""
        monkeypatch.delenv("VIRTUALENV_CONFIG_FILE")
        monkeypatch.setattr(
            "platformdirs.user_config_dir", lambda appname, appauthor: str(tmp_path / appname / appauthor)
        )
        path = tmp_path / "virtualenv" / "pypa" / "virtualenv.ini"
        assert read_settings(os.environ, pytest.fail) == {}
        path.parent.mkdir(parents=True)
        path.write_text("[virtualenv]\nlink_bin_scripts = on\n", encoding="utf-8")
        assert read_settings(os.environ, pytest.fail) == {"bin-scripts": True}

    @pytest.mark.parametrize(
        ("text", "mistakes"), [(b"[other]\nlink_bin_scripts = 1\n", 0), (b"no section", 1), (b"\xff", 1)]
    )
    def test_file_that_says_nothing(self, ini: Path, text: bytes, mistakes: int) -> None:
        """A file without the section says nothing, and one that can't be understood is reported."""
        ini.write_bytes(text)
        messages: list[str] = []
        assert read_settings(os.environ, messages.append) == {}
        assert len(messages) == mistakes
        assert all(message.startswith(f"{ini}: could not be read - ") for message in messages)

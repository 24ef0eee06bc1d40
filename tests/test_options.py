"""The options, set in every way that virtualenv offers, for virtualenv and for the hosts that may do without it."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import pytest
from virtualenv.run import cli_run, session_via_cli

from virtualenv_link_bin_scripts._config import find_requested, read_settings
from virtualenv_link_bin_scripts._options import OPTIONS, option_dest
from virtualenv_link_bin_scripts.activator import LinkBinScriptsActivator

TABLE = "[tool.virtualenv-link-bin-scripts]\n"
INI, PYPROJECT = Path("no.ini"), Path("pyproject.toml")  # where each test runs
VALUES = {"unset": None, "empty": "", "true": "true", "false": "no", "mistake": "maybe"}


def configure(
    patch: pytest.MonkeyPatch, option: str, variable: str | None, in_ini: str | None = None, table: str | None = None
) -> None:
    """Set an option in any of the places where a user may set it."""
    if variable is not None:
        patch.setenv(f"VIRTUALENV_{option_dest(option).upper()}", variable)
    if in_ini is not None:
        INI.write_text(f"[virtualenv]\n{option_dest(option)} = {in_ini}\n", encoding="utf-8")
    if table is not None:
        PYPROJECT.write_text(f"{TABLE}{option} = {table}\n", encoding="utf-8")


def resolve(*arguments: str, mistakes: list[str] | None = None) -> set[str]:
    """Return the options that virtualenv finds requested for an environment in the working directory."""
    mistakes = [] if mistakes is None else mistakes
    session = session_via_cli([*arguments, "x"], setup_logging=False)
    (activator,) = (a for a in session.activators if isinstance(a, LinkBinScriptsActivator))
    return set(find_requested(str(session.creator.dest), activator._read_options(), mistakes.append))


def resolve_in_host(mistakes: list[str] | None = None) -> set[str]:
    """Return the options that tox and PDM find requested, where virtualenv may not run."""
    explicit = read_settings(os.environ, pytest.fail if mistakes is None else mistakes.append)
    return set(find_requested(os.path.abspath("x"), explicit, pytest.fail))


def included(option: str) -> set[str]:
    """Return what a request for one option requests in the end."""
    return {option, "python-exe"} if option == "exe" else {option}


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize(
    ("flags", "places", "is_requested"),
    [  # places: environment variable, virtualenv.ini, pyproject.toml
        ([], (None, None, None), False),
        ([], (None, None, "true"), True),
        ([], (None, None, "false"), False),
        ([], (None, "true", None), True),
        ([], (None, "true", "false"), True),
        ([], (None, "false", "true"), False),
        ([], ("1", None, None), True),
        ([], ("1", "false", "false"), True),
        ([], ("0", None, "true"), False),
        ([], ("0", "true", "true"), False),
        (["--link"], (None, None, None), True),
        (["--link"], (None, None, "false"), True),
        (["--link"], ("0", "false", "false"), True),
        (["--no-link"], (None, None, "true"), False),
        (["--no-link"], ("1", "true", "true"), False),
        (["--link", "--no-link"], (None, None, None), False),
        (["--no-link", "--link"], (None, None, None), True),
    ],
)
def test_precedence(
    monkeypatch: pytest.MonkeyPatch, option: str, flags: list[str], places: tuple[str | None, ...], is_requested: bool
) -> None:
    """The last flag counts, then the environment variable, then virtualenv.ini, then pyproject.toml, else nothing."""
    configure(monkeypatch, option, *places)
    expected = included(option) if is_requested else set()
    assert resolve(*(f"{flag}-{option}" for flag in flags)) == expected
    if not flags:
        assert resolve_in_host() == expected


@pytest.mark.parametrize("sources", list(product(VALUES, VALUES, ["unset", "true", "false"])), ids=" ".join)
def test_hosts_decide_alike(monkeypatch: pytest.MonkeyPatch, sources: tuple[str, str, str]) -> None:
    """Tox and PDM decide as virtualenv does, whatever is set where, and name the place of each mistake they read."""
    variable, in_ini, table = sources
    configure(monkeypatch, "python-exe", VALUES[variable], VALUES[in_ini], None if table == "unset" else table)
    places = ["VIRTUALENV_LINK_PYTHON_EXE"] * (variable == "mistake")
    places += [f"{INI.absolute()}: link_python_exe"] * (in_ini == "mistake" and variable not in {"true", "false"})
    mistakes: list[str] = []

    assert resolve_in_host(mistakes) == resolve()

    assert mistakes == [f"{place} is 'maybe', expected true or false" for place in places]


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize(
    ("words", "is_requested"),
    [(["1", "true", "True", "yes", "YES", "on"], True), (["0", "false", "False", "no", "off", ""], False)],
    ids=["yes", "no"],
)
def test_words(monkeypatch: pytest.MonkeyPatch, option: str, words: list[str], is_requested: bool) -> None:
    """An environment variable may have every word for yes and no that virtualenv knows."""
    for word in words:
        configure(monkeypatch, option, word)
        assert resolve() == resolve_in_host() == (included(option) if is_requested else set())
        assert read_settings(os.environ, pytest.fail) == ({option: is_requested} if word else {})


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("value", ["0", "1"])
def test_negative_form(monkeypatch: pytest.MonkeyPatch, option: str, value: str) -> None:
    """The negative form's environment variable, and its key in virtualenv.ini, switch nothing on."""
    INI.write_text(f"[virtualenv]\nno_{option_dest(option)} = {value}\n", encoding="utf-8")
    monkeypatch.setenv(f"VIRTUALENV_NO_{option_dest(option).upper()}", value)
    assert resolve() == resolve_in_host() == set()


def test_exe_without_interpreter() -> None:
    """The interpreter is not among the programs if its own option refuses it, from wherever."""
    assert resolve("--link-exe", "--no-link-python-exe") == {"exe"}
    PYPROJECT.write_text(f"{TABLE}exe = true\npython-exe = false\n", encoding="utf-8")
    assert resolve() == {"exe"}


def test_pyproject_is_read_for_undecided_options_only() -> None:
    """pyproject.toml is not read where it has no say."""
    PYPROJECT.write_text(f"{TABLE}mistake", encoding="utf-8")
    flags = ["--link-bin-scripts", "--no-link-python-exe", "--no-link-exe", "--link-site-packages"]
    mistakes: list[str] = []

    assert resolve(*flags, mistakes=mistakes) == {"bin-scripts", "site-packages"}
    assert mistakes == []

    assert resolve(*flags[:3], mistakes=mistakes) == {"bin-scripts"}
    assert len(mistakes) == 1


def test_nothing_happens_before_generate(capfd: pytest.CaptureFixture[str]) -> None:
    """Building a session, as tox does on every call, neither writes nor prints nor reads pyproject.toml."""
    PYPROJECT.write_text(f"{TABLE}mistake", encoding="utf-8")
    session_via_cli(["--link-bin-scripts", "x"], setup_logging=False)
    assert os.listdir() == ["pyproject.toml"]
    assert capfd.readouterr() == ("", "")


def test_help(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The help names each option and says what it does on each system."""
    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit) as caught:
        cli_run(["--help"], setup_logging=False)
    assert not caught.value.code
    text = " ".join(capsys.readouterr().out.split())
    for option, description in OPTIONS.items():
        assert f"--link-{option} also add {description} (default: False)" in text
        assert f"--no-link-{option} never add it" in text
        assert "on Linux and macOS" in description


def test_default_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """virtualenv.ini is where virtualenv has it by default."""
    monkeypatch.delenv("VIRTUALENV_CONFIG_FILE")
    monkeypatch.setattr("platformdirs.user_config_dir", lambda appname, appauthor: str(tmp_path / appname / appauthor))
    path = tmp_path / "virtualenv" / "pypa" / "virtualenv.ini"
    assert read_settings(os.environ, pytest.fail) == {}
    path.parent.mkdir(parents=True)
    path.write_text("[virtualenv]\nlink_bin_scripts = on\n", encoding="utf-8")
    assert read_settings(os.environ, pytest.fail) == {"bin-scripts": True}


@pytest.mark.parametrize(
    ("text", "mistakes"), [(b"[other]\nlink_bin_scripts = 1\n", 0), (b"no section", 1), (b"\xff", 1)]
)
def test_file_that_says_nothing(text: bytes, mistakes: int) -> None:
    """A virtualenv.ini without the section says nothing, and one that can't be understood is reported."""
    INI.write_bytes(text)
    messages: list[str] = []
    assert read_settings(os.environ, messages.append) == {}
    assert len(messages) == mistakes
    assert all(message.startswith(f"{INI.absolute()}: could not be read - ") for message in messages)

"""What ``[tool.virtualenv-link-bin-scripts]`` in pyproject.toml and, for the plugins, environment variables request."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping

from ._options import DESTS, NAME, OPTIONS

#: What virtualenv reads as yes and no, in upper or lower case.
_VALUES = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(("0", "false", "no", "off"), False)


class ConfigError(Exception):
    """A setting is wrong; the message names the file or variable, the key, and what was expected."""


def read_variables(variables: Mapping[str, str]) -> dict[str, bool]:
    """Read ``VIRTUALENV_LINK_*`` as virtualenv does, for hosts that create environments without it.

    :param variables: environment variables
    :returns: which options are requested (``True``) or refused (``False``)
    :raises ConfigError: if a value is neither yes nor no
    """
    explicit = {}
    for name in OPTIONS:
        variable = f"VIRTUALENV_{DESTS[name].upper()}"
        if value := variables.get(variable):
            if value.lower() not in _VALUES:
                raise ConfigError(f"{variable} is {value!r}, expected true or false")
            explicit[name] = _VALUES[value.lower()]
    return explicit


def find_requested(starts: Iterable[str], explicit: Mapping[str, bool], default: Collection[str] = ()) -> list[str]:
    """Return the options that are requested.

    :param starts: absolute paths of directories; the first table in or above one of them, in their order, counts
    :param explicit: what the command line or the host says, which has precedence
    :param default: what is requested if nothing says otherwise
    :returns: keys of :data:`._options.OPTIONS`
    :raises ConfigError: on any mistake in the table, or if it can't be read
    """
    tables = (_read_table(directory) for start in starts for directory in ancestors(start))
    nearest = next((table for table in tables if table is not None), {})
    requested = {**dict.fromkeys(default, True), **nearest, **explicit}
    return [name for name in OPTIONS if requested.get(name)]


def ancestors(directory: str) -> Iterator[str]:
    """Return a directory and those above it, the nearest first."""
    below = ""
    while directory != below:
        yield directory
        directory, below = os.path.dirname(directory), directory


def _read_table(directory: str) -> dict[str, bool] | None:
    """Return the table in a directory's pyproject.toml, ``None`` if there is none."""
    path = os.path.join(directory, "pyproject.toml")
    if not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    misspelt = NAME.replace("-", "_")
    if NAME.encode() not in content and misspelt.encode() not in content:
        return None  # parsing it would take long, and its mistakes are not ours
    tool = _parse(path, content).get("tool", {})
    if misspelt in tool:
        raise ConfigError(f"{path}: [tool.{misspelt}] is unknown, did you mean [tool.{NAME}]?")
    table = tool.get(NAME)
    if table is None:
        return None
    mistakes = "; ".join(_find_mistakes(table))
    if mistakes:
        raise ConfigError(f"{path}: [tool.{NAME}]: {mistakes}")
    return table


def _parse(path: str, content: bytes) -> dict[str, dict[str, dict[str, bool]]]:  # if it is correct
    # Here, since few files are parsed.
    if sys.version_info >= (3, 11):  # pragma: >=3.11 cover
        import tomllib
    else:  # pragma: <3.11 cover
        import tomli as tomllib

    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except ValueError as error:  # "Invalid value (at line 2, column 15)" becomes "line 2: Invalid value"
        reason = re.sub(r"(.*) \(at (.*?)(, column \d+)?\)", r"\2: \1", str(error))
        raise ConfigError(f"{path}: invalid TOML, {reason}") from error


def _find_mistakes(table: object) -> Iterator[str]:
    if not isinstance(table, dict):
        yield "expected a table"
        return
    for key, value in table.items():
        if key not in OPTIONS:
            from difflib import get_close_matches  # here, since mistakes are rare

            close = get_close_matches(key.replace("_", "-").removeprefix("link-"), OPTIONS, n=1)
            hint = f"did you mean {close[0]}?" if close else "expected bin-scripts, exe or site-packages"
            yield f"{key} is unknown, {hint}"
        elif not isinstance(value, bool):
            yield f"{key} is {value!r}, expected true or false"

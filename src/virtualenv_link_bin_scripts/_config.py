"""What is requested, by environment variables and by ``[tool.virtualenv-link-bin-scripts]`` in pyproject.toml."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping

from ._options import DESTS, NAME, OPTIONS

#: What virtualenv reads as yes and no, in any case.
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
        value = variables.get(variable)
        if value:
            if value.lower() not in _VALUES:
                raise ConfigError(f"{variable} is {value!r}, expected true or false")
            explicit[name] = _VALUES[value.lower()]
    return explicit


def find_requested(starts: Iterable[str], explicit: Mapping[str, bool], default: Collection[str] = ()) -> list[str]:
    """Return the options that are requested.

    :param starts: directories; the nearest pyproject.toml with the table, in or above the first of them that has one,
        counts
    :param explicit: what the command line or the host says, which has precedence
    :param default: what is requested if nothing says otherwise
    :returns: keys of :data:`._options.OPTIONS`
    :raises ConfigError: on any mistake in the table; nothing is done then
    """
    tables = (table for start in starts for table in _read_tables(start))
    requested = {**dict.fromkeys(default, True), **next(tables, {}), **explicit}
    return [name for name in OPTIONS if requested.get(name)]


def _read_tables(directory: str) -> Iterator[dict[str, bool]]:
    """Return the tables in and above a directory, the nearest first."""
    below = ""
    while directory != below:
        table = _read_table(os.path.join(directory, "pyproject.toml"))
        if table is not None:
            yield table
        directory, below = os.path.dirname(directory), directory


def _read_table(path: str) -> dict[str, bool] | None:
    """Return a file's table, ``None`` if it has none."""
    if not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    misspelt = NAME.replace("-", "_")
    if NAME.encode() not in content and misspelt.encode() not in content:
        return None  # so that no other file costs a parser, or is found to be wrong
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


def _parse(path: str, content: bytes) -> dict[str, dict[str, dict[str, bool]]]:  # if nothing in it is a mistake
    # Here, since few files get so far.
    if sys.version_info >= (3, 11):  # pragma: >=3.11 cover
        import tomllib
    else:  # pragma: <3.11 cover
        import tomli as tomllib

    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except ValueError as error:  # such as "Invalid value (at line 2, column 15)"
        reason = re.sub(r"(.*) \(at (.*?)(, column \d+)?\)", r"\2: \1", str(error))
        raise ConfigError(f"{path}: invalid TOML, {reason}") from error


def _find_mistakes(table: object) -> Iterator[str]:
    if not isinstance(table, dict):
        yield "expected a table"
        return
    for key, value in table.items():
        if key not in OPTIONS:
            from difflib import get_close_matches

            close = get_close_matches(key.replace("_", "-").removeprefix("link-"), OPTIONS, n=1)
            yield f"{key} is unknown, " + (
                f"did you mean {close[0]}?" if close else "expected bin-scripts, exe or site-packages"
            )
        elif not isinstance(value, bool):
            yield f"{key} is {value!r}, expected true or false"

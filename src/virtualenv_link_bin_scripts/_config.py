"""What is requested: as virtualenv is configured, or in ``[tool.virtualenv-link-bin-scripts]`` of pyproject.toml."""

from __future__ import annotations

import os
import stat
import sys

from ._options import NAME, OPTIONS, option_dest

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

_TABLE = f"tool.{NAME}"

#: How many bytes of a file are read.
_LARGEST = 1 << 24

#: How many characters of a value a message shows.
_LONGEST_VALUE = 60

#: How many characters of a parser's reason, which may quote the file.
_LONGEST_REASON = 300

#: How virtualenv reads a value, in any case.
_VALUES = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def read_settings(variables: Mapping[str, str], report: Callable[[str], object]) -> dict[str, bool]:
    """Read what virtualenv would read from environment variables and virtualenv.ini, for a host that does not run it.

    :param variables: environment variables, which have precedence
    :param report: called with a message for each mistake
    :returns: which options are requested (``True``) or refused (``False``)
    """
    explicit = {}
    path, ini = _read_ini(variables, report)
    for name in OPTIONS:
        dest = option_dest(name)
        variable = f"VIRTUALENV_{dest.upper()}"
        for source, value in ((variable, variables.get(variable)), (f"{path}: {dest}", ini.get(dest))):
            if value and name not in explicit:  # an empty value counts as none
                if value.lower() in _VALUES:
                    explicit[name] = _VALUES[value.lower()]
                else:
                    report(f"{source} is {_show(value)}, expected true or false")
    return explicit


def _read_ini(variables: Mapping[str, str], report: Callable[[str], object]) -> tuple[str, Mapping[str, str]]:
    """Find virtualenv.ini, and return its path and its section for virtualenv, without the import of virtualenv."""
    path = variables.get("VIRTUALENV_CONFIG_FILE")
    if not path:
        from platformdirs import user_config_dir  # on which virtualenv, tox and PDM depend

        path = os.path.join(user_config_dir(appname="virtualenv", appauthor="pypa"), "virtualenv.ini")
    if not os.path.isfile(path):
        return path, {}
    from configparser import ConfigParser, Error

    parser = ConfigParser(interpolation=None)
    try:
        with open(path, encoding="utf-8-sig") as file:
            parser.read_string(file.read(_LARGEST))
        return path, parser["virtualenv"] if parser.has_section("virtualenv") else {}
    except (OSError, UnicodeError, Error) as error:
        report(f"{path}: could not be read - {str(error)[:_LONGEST_REASON]}")
        return path, {}


def find_requested(
    environment: str,
    explicit: Mapping[str, bool],
    report: Callable[[str], object],
    *,
    projects: Iterable[str] = (),
    default: Collection[str] = (),
) -> list[str]:
    """Find out which options are requested for an environment.

    :param environment: absolute path of the environment
    :param explicit: what has precedence over pyproject.toml, which is read only if that leaves an option open
    :param report: called with a message for each mistake, which names the file, the key and what was expected
    :param projects: absolute paths of directories, in or above which the table is sought if the environment has none
    :param default: the options that are requested if nothing says otherwise
    :returns: names of :data:`._options.OPTIONS`
    """
    requested = dict.fromkeys(default, True)
    if len(explicit) < len(OPTIONS):
        requested.update(_read([environment, *projects], report))
    requested.update(explicit)
    return expand(requested)


def expand(requested: Mapping[str, bool]) -> list[str]:
    """Return the options that are requested, in their order: ``exe`` includes ``python-exe`` unless that is refused.

    :param requested: which options are requested (``True``) or refused (``False``)
    :returns: names of :data:`._options.OPTIONS`
    """
    if requested.get("exe"):
        requested = {"python-exe": True, **requested}
    return [name for name in OPTIONS if requested.get(name)]


def _read(starts: Iterable[str], report: Callable[[str], object]) -> dict[str, bool]:
    """Return which options are requested (``True``) or refused (``False``) by the nearest table.

    It is sought in the starts and above, in their order. A pyproject.toml that can't be understood, and so may have the
    table, ends the search.
    """
    for path in _candidates(starts):
        try:
            table = _read_table(path)
        except ValueError as error:
            report(f"{path}: {error}")
            return {}
        if table is not None:
            for mistake in _mistakes(table):
                report(f"{path}: {mistake}")
            return {key: value for key, value in table.items() if key in OPTIONS and isinstance(value, bool)}
    return {}


def _candidates(starts: Iterable[str]) -> Iterator[str]:
    """Find the files that may have the table, the nearest first."""
    for directory in dict.fromkeys(directory for start in starts for directory in _upwards(start)):
        path = os.path.join(directory, "pyproject.toml")
        try:
            if stat.S_ISREG(os.stat(path).st_mode):  # opening a FIFO or a device might never end
                yield path
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            pass  # nor does a project lie where this user may not enter
        except OSError:
            yield path  # which says why when it is opened


def _upwards(directory: str) -> Iterator[str]:
    above = ""
    while directory != above:
        yield directory
        directory, above = os.path.dirname(directory), directory


def _read_table(path: str) -> dict[str, object] | None:
    """Return a file's table, ``None`` if it has none.

    :raises ValueError: if the file can't be understood
    """
    try:
        with open(path, "rb") as file:
            content = file.read(_LARGEST)
    except OSError as error:
        raise ValueError(f"could not be read - {error.strerror}") from error
    # Whoever writes the name with TOML's escapes is not heard, but no other file costs a parser or is found wrong.
    if NAME.encode() not in content:
        return None

    # Here, since few files get so far.
    if sys.version_info >= (3, 11):  # pragma: >=3.11 cover
        import tomllib
    else:  # pragma: <3.11 cover
        import tomli as tomllib

    try:
        tool = tomllib.loads(content.decode().removeprefix("\ufeff")).get("tool")
    except UnicodeDecodeError as error:
        raise ValueError(f"expected UTF-8 - {error}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"expected TOML - {error}") from error
    table = tool.get(NAME) if isinstance(tool, dict) else None
    if table is None or isinstance(table, dict):
        return table
    raise ValueError(f"{_TABLE} is {_show(table)}, expected a table")


def _mistakes(table: dict[str, object]) -> Iterator[str]:
    for key, value in table.items():
        if key not in OPTIONS:
            from difflib import get_close_matches

            (closest,) = get_close_matches(key[:_LONGEST_VALUE], OPTIONS, n=1, cutoff=0)
            shown = key if key.isprintable() and len(key) <= _LONGEST_VALUE else _show(key)
            yield f"{_TABLE}.{shown} is unknown, did you mean {closest}?"
        elif not isinstance(value, bool):
            yield f"{_TABLE}.{key} is {_show(value)}, expected true or false"


def _show(value: object) -> str:
    """Return a value as a message shows it."""
    try:
        shown = repr(value)
    except (ValueError, RecursionError):  # a number with too many digits, or too many tables in tables
        shown = f"of type {type(value).__name__}"
    return shown if len(shown) <= _LONGEST_VALUE else f"{shown[:_LONGEST_VALUE]}..."

"""The layout of an environment, and the links that add the other system's layout to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from ._link import Link
from ._path import LINK, NOTHING, OTHER, look
from ._programs import list_programs

if sys.platform == "win32":  # pragma: win32 cover
    from ._windows import Junction as SystemLink
else:  # pragma: win32 no cover
    SystemLink = Link


class LayoutError(Exception):
    """The layout of an environment is unknown; the message names the path and the reason."""


class MissingError(LayoutError):
    """There is no environment."""


class Environment:
    """The layout of an environment.

    :param directory: absolute path of the environment
    :param scripts: name of its scripts directory, ``bin`` or ``Scripts``
    :param python: name of its interpreter there, ``python`` or ``python.exe``
    """

    def __init__(self, directory: str, scripts: str, python: str) -> None:
        self.directory = directory
        self.scripts = os.path.join(directory, scripts)
        self.python = os.path.join(self.scripts, python)

    @classmethod
    def from_directory(cls, directory: str) -> Environment:
        """Describe an existing environment by its files; its interpreter is not run.

        :param directory: absolute path of the environment
        :returns: the environment
        :raises MissingError: if there is no such directory
        :raises LayoutError: if it is not an environment, or has an interpreter in both ``bin`` and ``Scripts``
        """
        with layout_errors():
            if look(os.path.join(directory, "pyvenv.cfg"))[0] == NOTHING:
                raise _explain_missing(directory)
            found = list(_find_interpreters(directory))
            if len(found) == 1:
                return cls(directory, *found[0])
            links = [f" ({name} is a link)" for name in ("bin", "Scripts") if look(f"{directory}/{name}")[0] == LINK]
        if found:
            reason = "both bin and Scripts have an interpreter; if one is a copy of the other, delete the copy"
        else:
            reason = f"no interpreter in bin or Scripts{''.join(links)}; the environment is incomplete, create it again"
        raise LayoutError(f"{directory}: {reason}")

    def links(self, option: str) -> list[Link]:
        """Return the links that an option stands for, those of uninstalled programs included.

        ``bin-scripts``: the other scripts directory, and ``python.exe`` beside ``python``, or ``python3.exe`` beside
        ``python.exe``. ``exe``: nothing beside ``python.exe``. ``site-packages``: nothing beside ``Scripts``. It is the
        layout that decides, not the system: MSYS2 has ``bin`` on Windows.

        :param option: a key of :data:`._options.OPTIONS`
        :returns: the links
        :raises LayoutError: if site-packages is missing or ambiguous, or the programs can't be listed
        """
        scripts, python = os.path.basename(self.scripts), os.path.basename(self.python)
        if option == "bin-scripts":
            other = SystemLink(self.directory, "bin" if scripts == "Scripts" else "Scripts", scripts)
            if python == "python":
                return [other, SystemLink(self.directory, os.path.join(scripts, "python.exe"), python)]
            from ._windows import HardLink  # here, since few environments need it outside Windows

            return [other, HardLink(self.directory, os.path.join(scripts, "python3.exe"), python)]
        if option == "exe" and python == "python":
            with layout_errors():
                found = list_programs(self.scripts).items()
            return [
                SystemLink(self.directory, f"{scripts}/{name}.exe", name, is_stale=not exists) for name, exists in found
            ]
        if option == "site-packages" and scripts == "bin":
            target = os.path.join(os.pardir, "lib", self._find_version(), "site-packages")
            return [SystemLink(self.directory, os.path.join("Lib", "site-packages"), target)]
        return []

    def _find_version(self) -> str:
        """Return the name of the directory in ``lib`` that has the interpreter's site-packages: ``python3.13``."""
        lib = os.path.join(self.directory, "lib")
        with layout_errors():
            names = [name for name in os.listdir(lib) if os.path.isdir(os.path.join(lib, name, "site-packages"))]
        if not names:
            raise LayoutError(f"{lib}: found no site-packages; the environment is incomplete, create it again")
        used = names
        if len(names) > 1:  # as after an upgrade in place
            interpreter = os.path.basename(os.path.realpath(self.python))  # which the directory is called after
            config = read_config(self.directory)
            version = config.get("version") or config.get("version_info", "")  # by venv and virtualenv, or by uv
            version = ".".join(version.split(".")[:2])
            same = [name for name in names if name.rstrip("t").endswith(version)]  # the t of a free-threaded Python
            used = [interpreter] if interpreter in names else same
        if len(used) != 1:
            raise LayoutError(f"{lib}: found several site-packages; delete the unused ones: {', '.join(sorted(names))}")
        return used[0]


def read_config(directory: str) -> dict[str, str]:
    """Return what an environment's pyvenv.cfg says.

    :param directory: path of the environment
    :returns: the values by their keys
    :raises LayoutError: if the file can't be read
    """
    with layout_errors(), open(os.path.join(directory, "pyvenv.cfg"), encoding="utf-8", errors="replace") as file:
        lines = [line.partition("=") for line in file]
    return {key.strip().lower(): value.strip() for key, _, value in lines}


class layout_errors:  # noqa: N801 - it is used like a function; contextlib would slow down every start
    """Turn an ``OSError`` into a :class:`LayoutError` that names the path and the reason."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, OSError):  # PyPy may have the path as bytes
            raise LayoutError(f"{os.fsdecode(error.filename)}: {error.strerror}") from error


def _explain_missing(directory: str) -> LayoutError:
    """Return the error for something that is not an environment."""
    if os.path.isfile(directory):
        return LayoutError(f"{directory} is a file; pass the environment's directory")
    if not os.path.isdir(directory):
        return MissingError(f"{directory} does not exist")
    above = os.path.dirname(directory)
    hint = f"; did you mean {above}?" if os.path.exists(os.path.join(above, "pyvenv.cfg")) else ""
    return LayoutError(f"{directory} is not a virtual environment (no pyvenv.cfg){hint}")


def _find_interpreters(directory: str) -> Iterator[tuple[str, str]]:
    """Return the names of the scripts directories, each with its interpreter's; aliases are skipped."""
    for scripts in ("bin", "Scripts"):
        path = os.path.join(directory, scripts)
        names = ("python", "python.exe") if look(path)[0] == OTHER else ()
        for python in names:
            # Look again: another process may have replaced an empty directory by the alias.
            if look(os.path.join(path, python))[0] != NOTHING and look(path)[0] == OTHER:
                yield scripts, python
                break

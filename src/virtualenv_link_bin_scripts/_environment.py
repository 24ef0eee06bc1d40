"""An environment: where it keeps things, and which links complete its layout."""

from __future__ import annotations

import os
import sys

from ._filesystem import is_link, is_same
from ._link import Link, describe_copy, looks_like_copy

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Mapping

    from virtualenv.create.creator import Creator


class LayoutError(Exception):
    """Where an environment keeps things can't be told; the message names the path and the reason."""


class Environment:
    """Where an environment keeps things.

    :param directory: absolute path of the environment
    :param scripts: absolute path of its scripts directory
    :param interpreter: name of its interpreter in there
    :param site_packages: absolute path of its site-packages, ``None`` if it is to be looked for when it matters

    """

    def __init__(self, directory: str, scripts: str, interpreter: str, site_packages: str | None) -> None:
        self.directory = directory
        self.scripts = scripts
        other = "bin" if os.path.basename(scripts) == "Scripts" else "Scripts"
        self._links = {
            "bin-scripts": (os.path.join(directory, other), scripts),
            "python-exe": (os.path.join(scripts, "python.exe"), os.path.join(scripts, interpreter)),
            "site-packages": (os.path.join(directory, "Lib", "site-packages"), site_packages),
        }

    @classmethod
    def from_creator(cls, creator: Creator) -> Environment:
        """Describe the environment that a creator of virtualenv has made.

        :param creator: the creator, which knows the layout of every kind of interpreter

        :returns: the environment

        """
        # Not the creator's own name for it, which may be pypy3: whatever it is, python is there too.
        interpreter = "python.exe" if creator.interpreter.os == "nt" else "python"
        return cls(str(creator.dest), str(creator.bin_dir), interpreter, str(creator.purelib))

    @classmethod
    def from_directory(cls, path: str) -> Environment:
        """Describe an environment by what is in it, whoever made it; its interpreter is not run.

        :param path: path of the environment, or of a file ``.venv`` whose first line names it, as in uv

        :returns: the environment
        :raises LayoutError: if there is none, or none whose layout can be told

        """
        directory = _follow_redirect(_make_absolute(path))
        if not os.path.isfile(os.path.join(directory, "pyvenv.cfg")):
            _list_directory(directory)  # which has more to say if there is no such directory
            raise LayoutError(f"{directory}: not an environment: it has no pyvenv.cfg")
        programs = _find_scripts_directories(directory)
        if len(programs) > 1:
            raise LayoutError(f"{directory}: {_describe_both(directory)}")
        for scripts, names in programs.items():
            for interpreter in ("python", "python.exe"):
                if interpreter in names:
                    on_windows = os.path.basename(scripts) == "Scripts"
                    site_packages = os.path.join(directory, "Lib", "site-packages") if on_windows else None
                    return cls(directory, scripts, interpreter, site_packages)
        raise LayoutError(f"{directory}: there is no interpreter in bin or Scripts")

    def alias(self, name: str) -> str | None:
        """Tell which name the environment lacks.

        :param name: a name of :data:`._options.LINKS`

        :returns: absolute path of the alias, ``None`` if the environment has it without a link

        """
        alias, target = self._links[name]
        return None if alias == target else alias

    def link(self, name: str) -> Link | None:
        """Describe a link that completes the layout.

        :param name: a name of :data:`._options.LINKS`

        :returns: the link, ``None`` if the environment has the alias without one
        :raises LayoutError: if what the alias has to point to can't be told

        """
        alias, target = self._links[name]
        return None if alias == target else Link(self.directory, alias, target or self._find_site_packages())

    def _find_site_packages(self) -> str:
        lib = os.path.join(self.directory, "lib")
        paths = _find_all_site_packages(lib)
        found = list(paths)
        if len(found) > 1:
            # What is left of python3.13, of pypy3.11, and of python3.13t, which has no lock.
            version = self._read_version()
            found = [name for name in found if name.strip("abcdefghijklmnopqrstuvwxyz") == version]
        if len(found) != 1:
            what = "more than one" if found else "no"
            raise LayoutError(f"{lib}: found {what} site-packages to link to")
        return paths[found[0]]

    def _read_version(self) -> str:
        """Return the interpreter's version as pyvenv.cfg has it: ``version`` is venv's key, ``version_info`` uv's."""
        path = os.path.join(self.directory, "pyvenv.cfg")
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = [line.partition("=") for line in file]
        except OSError as error:
            raise LayoutError(f"{path}: could not be read - {error.strerror}") from error
        values = [value.strip() for key, _, value in lines if key.strip().lower() in {"version", "version_info"}]
        return ".".join(values[0].split(".")[:2]) if values else ""


def find_directory(variables: Mapping[str, str]) -> str:
    """Find the environment that is meant where none is named.

    :param variables: environment variables

    :returns: path of the environment that this process runs in, if ``VIRTUAL_ENV`` names it, as under ``uv run``; else
        of ``UV_PROJECT_ENVIRONMENT``, else of ``.venv``, which are sought in the working directory and above, as uv
        does; if there is none, the path in the working directory
    :raises LayoutError: if there is no working directory

    """
    active = variables.get("VIRTUAL_ENV")
    if active and is_same(active, sys.prefix):
        return active
    name = variables.get("UV_PROJECT_ENVIRONMENT") or ".venv"
    directory = _make_absolute(os.curdir)
    while not os.path.lexists(path := os.path.join(directory, name)):
        directory, below = os.path.dirname(directory), directory
        if directory == below:
            return _make_absolute(name)
    return path


def _make_absolute(path: str) -> str:
    try:
        return os.path.abspath(path)
    except OSError as error:
        raise LayoutError(f"there is no working directory - {error.strerror}") from error


def _find_scripts_directories(directory: str) -> dict[str, list[str]]:
    """Find what may be the scripts directory: bin and Scripts, unless empty or an alias, each with what is in it."""
    found = {}
    for scripts in (os.path.join(directory, "bin"), os.path.join(directory, "Scripts")):
        # Look what is in it first: while another process replaces an empty directory by a link, it is that
        # directory, nothing, and the link, in this order, and must never be taken for a directory of programs.
        try:
            names = os.listdir(scripts)
        except FileNotFoundError:
            continue  # also where there is a link by now
        except OSError as error:
            # Neither a file nor a link that points to itself is the scripts directory.
            if is_link(scripts) or not os.path.isdir(scripts):
                continue
            raise LayoutError(f"{scripts}: {error.strerror}") from error
        if names and not is_link(scripts):
            found[scripts] = names
    return found


def _describe_both(directory: str) -> str:
    """Tell what is wrong with an environment in which both bin and Scripts are non-empty directories."""
    posix, windows = os.path.join(directory, "bin"), os.path.join(directory, "Scripts")
    try:
        on_posix = bool(_find_all_site_packages(os.path.join(directory, "lib")))
    except LayoutError:
        on_posix = False
    alias, scripts = (windows, posix) if on_posix else (posix, windows)
    if looks_like_copy(alias, scripts):
        return f"{os.path.basename(alias)} is a directory, too; {describe_copy(alias, scripts)}"
    return "both bin and Scripts are non-empty directories"


def _find_all_site_packages(lib: str) -> dict[str, str]:
    """Find the site-packages of POSIX's layout, by the names of the directories that they are in.

    :raises LayoutError: if there is no directory lib

    """
    paths = {name: os.path.join(lib, name, "site-packages") for name in _list_directory(lib)}
    return {name: path for name, path in paths.items() if os.path.isdir(path) and not is_link(path)}


def _follow_redirect(path: str) -> str:
    """Return the environment that a file ``.venv`` names, or the path itself if it is none.

    :raises LayoutError: if the file can't be read or names nothing

    """
    if os.path.basename(path) != ".venv" or not os.path.isfile(path):
        return path
    try:
        with open(path, encoding="utf-8-sig") as file:
            line = file.readline().rstrip("\n")
    except OSError as error:
        raise LayoutError(f"{path}: could not be read - {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LayoutError(f"{path}: expected UTF-8 - {error}") from error
    if not line:
        raise LayoutError(f"{path}: its first line names no environment")
    return os.path.normpath(os.path.join(os.path.dirname(path), line))


def _list_directory(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except FileNotFoundError as error:
        raise LayoutError(f"{directory}: no such directory") from error
    except OSError as error:
        raise LayoutError(f"{directory}: {error.strerror}") from error

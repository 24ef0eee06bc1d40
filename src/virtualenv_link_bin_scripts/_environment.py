"""An environment: where it keeps things, and which aliases complete its layout."""

from __future__ import annotations

import os
import re
import stat
import sys

from ._filesystem import LINK, NOTHING, SOMETHING, TEMPORARY, exists, is_same, look, persist

TYPE_CHECKING = False  # importing typing would slow down every start
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from virtualenv.create.creator import Creator


#: How many characters the path in a file ``.venv`` may have: more than systems allow.
_LONGEST_LINE = 32768


#: Extensions of files in a scripts directory that have the same name on Windows, where installers add .exe to any other
#: name, as to py.test.
_EXTENSIONS = {
    *(".bash", ".bat", ".cmd", ".com", ".csh", ".dll", ".dylib", ".exe", ".fish", ".js", ".nu", ".pl", ".ps1", ".py"),
    *(".pyc", ".pyw", ".rb", ".sh", ".so", ".tcl", ".xsh", ".zsh", TEMPORARY),
}


_ALIAS_OF_SITE_PACKAGES = os.path.join("Lib", "site-packages")

#: How many characters of a pyvenv.cfg are read.
_LARGEST_CONFIG = 1 << 20


class LayoutError(Exception):
    """The layout of an environment is unknown; the message names the path and the reason."""


class MissingError(LayoutError):
    """There is no environment."""


class Listed:
    """What a listing of the scripts directory says of an alias's place, so that not each of 200 aliases is looked at.

    :param place: what is there, as :func:`._filesystem.look` returns it
    :param has_left_over: whether there may be a left-over beside it
    :param is_stale: whether the alias's program is gone, so that a link to it, or a left-over of one, is to go, too
    """

    def __init__(self, place: tuple[str, str], *, has_left_over: bool, is_stale: bool) -> None:
        self.place = place
        self.has_left_over = has_left_over
        self.is_stale = is_stale


class Environment:
    """Where an environment keeps things.

    :param directory: absolute path of the environment
    :param scripts: absolute path of its scripts directory
    :param python_name: name of its interpreter in there
    :param site_packages: path of its site-packages below the directory, ``None`` to find it when it is needed
    """

    def __init__(self, directory: str, scripts: str, python_name: str, site_packages: str | None) -> None:
        self.directory = directory
        self.scripts = scripts
        self.python = os.path.join(scripts, python_name)
        self._site_packages = site_packages

    @classmethod
    def from_creator(cls, creator: Creator) -> Environment:
        """Describe the environment that a creator of virtualenv has made.

        :param creator: the creator, which knows the layout of every kind of interpreter
        :returns: the environment
        """
        # Not the creator's own name, which may be pypy3: python exists in any case.
        python_name = "python.exe" if creator.interpreter.os == "nt" else "python"
        site_packages = str(creator.purelib.relative_to(creator.dest))
        return cls(str(creator.dest), str(creator.bin_dir), python_name, site_packages)

    @classmethod
    def from_directory(cls, path: str) -> Environment:
        """Describe an environment by what is in it, whoever made it; its interpreter is not run.

        :param path: path of the environment, or of a file ``.venv`` whose first line names it, as in uv
        :returns: the environment
        :raises MissingError: if there is nothing
        :raises LayoutError: if it is no environment, or its layout is unknown
        """
        directory = _follow_redirect(_make_absolute(path))
        try:
            if not exists(os.path.join(directory, "pyvenv.cfg")):
                _list_directory(directory)  # raises if there is no such directory
                raise LayoutError(f"{directory}: not an environment: it has no pyvenv.cfg")
            found = persist(lambda _: _find_interpreters(directory))
        except OSError as error:
            raise LayoutError(f"{error.filename}: {error.strerror}") from error
        if not found:
            raise LayoutError(f"{directory}: there is no interpreter in bin or Scripts")
        if len(found) > 1:
            raise LayoutError(
                f"{directory}: both bin and Scripts have an interpreter; if one is a copy of the other, delete the copy"
            )
        ((scripts, python_name),) = found.items()
        on_windows = os.path.basename(scripts) == "Scripts"
        return cls(directory, scripts, python_name, _ALIAS_OF_SITE_PACKAGES if on_windows else None)

    def links(self, option: str) -> Sequence[tuple[str, str | None, Listed | None]]:
        """Return the links that an option adds to the environment.

        :param option: a name of :data:`._options.OPTIONS`
        :returns: for each the alias, as an absolute path; the target, as seen from the alias's directory, ``None`` if
            :meth:`find_site_packages` is to be asked; and what is known of the alias's place. Nothing if the
            environment has the names without links
        :raises LayoutError: if the programs can't be listed
        """
        if option == "bin-scripts":
            scripts = os.path.basename(self.scripts)
            return [(os.path.join(self.directory, "bin" if scripts == "Scripts" else "Scripts"), scripts, None)]
        if option in {"python-exe", "exe"}:
            name = os.path.basename(self.python)
            if name == "python.exe":
                return []
            if option == "exe":
                return [*self._list_programs(name)]
            return [(os.path.join(self.scripts, "python.exe"), name, None)]
        if self._site_packages == _ALIAS_OF_SITE_PACKAGES:
            return []
        target = self._site_packages and os.path.join(os.pardir, self._site_packages)
        return [(os.path.join(self.directory, _ALIAS_OF_SITE_PACKAGES), target, None)]

    def _list_programs(self, python_name: str) -> Iterator[tuple[str, str, Listed]]:
        """List the aliases of all programs but the interpreter, and those of programs that are gone."""
        try:
            with os.scandir(self.scripts) as entries:
                listed = {entry.name: entry for entry in entries}
            # A file system that ignores case has one place for Tool.exe and tool.exe.
            upper = python_name.upper()
            ignored = python_name not in listed or (upper not in listed and exists(os.path.join(self.scripts, upper)))
            fold = str.casefold if ignored else str
            found = {fold(name): entry for name, entry in listed.items()}
            left_overs = {name[: -len(TEMPORARY)] for name in found if name.endswith(TEMPORARY)}
            for name in sorted(found.keys() | {f"{name}.exe" for name in found} | left_overs):
                stem, extension = os.path.splitext(name)
                if extension != ".exe" or stem == python_name:
                    continue
                entry = found.get(name)
                place = (NOTHING, "") if entry is None else (SOMETHING, "")
                if entry is not None and entry.is_symlink():
                    place = look(entry.path)
                is_own = place[0] == LINK and fold(place[1]) == stem
                if is_own or name in left_overs or (stem in found and _is_program(found[stem])):
                    is_stale = stem not in found and not exists(os.path.join(self.scripts, stem))
                    target = place[1] if is_own else found[stem].name if stem in found else stem
                    alias = os.path.join(self.scripts, entry.name if entry else f"{target}.exe")
                    yield alias, target, Listed(place, has_left_over=name in left_overs, is_stale=is_stale)
        except OSError as error:
            raise LayoutError(f"{os.fsdecode(error.filename)}: {error.strerror}") from error  # PyPy has it as bytes

    def list_site_packages(self) -> list[str]:
        """List what may be a site-packages of the environment, in POSIX's layout.

        :returns: absolute paths
        :raises OSError: if the system refuses
        """
        found = []
        for lib in (os.path.join(self.directory, "lib"), os.path.join(self.directory, "lib64")):
            try:
                versions = os.listdir(lib)
            except (FileNotFoundError, NotADirectoryError):
                continue
            # Where Lib is lib, the alias is in there, too, and what may be beside it.
            versions = [name for name in versions if not name.startswith("site-packages")]
            found += [os.path.join(lib, version, "site-packages") for version in versions]
        return found

    def find_site_packages(self) -> str:
        """Find the site-packages of the environment, in POSIX's layout.

        :returns: its path as seen from ``Lib``
        :raises LayoutError: if there is none, or more than one that the interpreter may use
        """
        lib = os.path.join(self.directory, "lib")
        try:
            names = [name for name in _list_directory(lib) if _is_directory(os.path.join(lib, name, "site-packages"))]
        except OSError as error:
            raise LayoutError(f"{error.filename}: {error.strerror}") from error
        candidates = ", ".join(sorted(names))
        if len(names) > 1:  # as after an upgrade in place
            config = _read_config(self.directory)
            version = ".".join((config.get("version") or config.get("version_info", "")).split(".")[:2])
            names = [name for name in names if re.fullmatch(rf"[a-zA-Z]+{re.escape(version)}t?", name)]
            if len(names) > 1:  # python3.13 and python3.13t: the directory has the name of the interpreter
                python = os.path.realpath(self.python)
                pythons = {os.path.basename(path) for path in (python, config.get("executable", ""))}
                names = [name for name in names if name in pythons] or names
        if len(names) != 1:
            if not candidates:
                raise LayoutError(f"{lib}: found no site-packages")
            raise LayoutError(f"{lib}: found several site-packages, unclear which one is used: {candidates}")
        return os.path.join(os.pardir, "lib", names[0], "site-packages")


def _is_program(entry: os.DirEntry[str]) -> bool:
    """Return whether Windows would have a program under this name with .exe, as python3.13, and unlike script.py."""
    if entry.name.startswith(".") or os.path.splitext(entry.name)[1].lower() in _EXTENSIONS:
        return False
    try:
        mode = entry.stat().st_mode
    except OSError:  # a link that leads nowhere, say; one odd file must not be in the way of all others
        return False
    return stat.S_ISREG(mode) and bool(mode & 0o111)


def _read_config(directory: str) -> dict[str, str]:
    """Return what pyvenv.cfg says: ``version`` is the key of venv and virtualenv, ``version_info`` that of uv."""
    path = os.path.join(directory, "pyvenv.cfg")
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # opening a FIFO might never end
            raise LayoutError(f"{path}: not a file")
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = [line.partition("=") for line in file.read(_LARGEST_CONFIG).splitlines()]
    except OSError as error:
        raise LayoutError(f"{path}: could not be read - {error.strerror}") from error
    return {key.strip().lower(): value.strip() for key, _, value in reversed(lines)}


def find_directory(variables: Mapping[str, str]) -> str:
    """Find the environment to use if none is named.

    :param variables: environment variables
    :returns: path of the environment that this process runs in, if ``VIRTUAL_ENV`` names it, as under ``uv run``, and
        for the overlay of ``uv run --with`` of the environment that it extends; else of ``UV_PROJECT_ENVIRONMENT`` if
        that is set, else of ``.venv``, both sought in the working directory and above, as uv does; else what
        ``VIRTUAL_ENV`` names, as for ``uvx`` where somebody activated an environment with another name
    :raises MissingError: if there is none
    :raises LayoutError: if there is no working directory
    """
    active = variables.get("VIRTUAL_ENV")
    is_overlay = False
    if active and is_same(active, sys.prefix):
        below = _leave_overlay(active)
        if below:
            return below
        is_overlay = True
    chosen = variables.get("UV_PROJECT_ENVIRONMENT")
    name = chosen or ".venv"
    start = directory = _make_absolute(os.curdir)
    while True:
        path = os.path.join(directory, name)
        if _exists(path):
            return path
        directory, below = os.path.dirname(directory), directory
        if directory == below:
            break
    tried = f"{f'UV_PROJECT_ENVIRONMENT={name}' if chosen else name} is neither in {start} nor above"
    if is_overlay:
        tried += f", and VIRTUAL_ENV={active} extends no environment"
    elif not chosen:
        if active and _exists(active):
            return active
        tried += f", and VIRTUAL_ENV={active} does not exist" if active else ", and VIRTUAL_ENV is not set"
    raise MissingError(f"no environment found: {tried}")


def _exists(path: str) -> bool:
    try:
        return exists(path)
    except OSError as error:
        raise LayoutError(f"{path}: {error.strerror}") from error


def _leave_overlay(active: str) -> str | None:
    """Return the environment that this process runs in: below an overlay, there may be none."""
    try:
        below = _read_config(active).get("extends-environment")
    except LayoutError:  # which is reported when the environment is described
        return active
    if not below:
        # uv before 0.7.9 names what an overlay extends by this file alone.
        is_overlay = any(os.path.exists(os.path.join(path, "_uv_ephemeral_overlay.pth")) for path in sys.path)
        return None if is_overlay else active
    return below if _exists(os.path.join(below, "pyvenv.cfg")) else None


def _make_absolute(path: str) -> str:
    if not path:
        raise LayoutError("the path of an environment is empty")
    try:
        return os.path.abspath(path)
    except OSError as error:
        raise LayoutError(f"there is no working directory - {error.strerror}") from error


def _find_interpreters(directory: str) -> dict[str, str]:
    """Find the scripts directory: whichever of bin and Scripts has an interpreter and is no alias.

    :returns: the interpreter's name by the directory's path, twice if one directory is a copy of the other
    :raises OSError: if the system does not say
    """
    found = {}
    for scripts in (os.path.join(directory, "bin"), os.path.join(directory, "Scripts")):
        for name in ("python", "python.exe"):
            try:
                found_one = exists(os.path.join(scripts, name))
            except OSError as error:
                if look(scripts)[0] == LINK:  # which points to itself, say
                    break
                raise OSError(error.errno, error.strerror, scripts) from error
            # Second, since an alias may come or go at any time, but never becomes a directory of its own.
            if found_one and look(scripts)[0] == SOMETHING:
                found[scripts] = name
                break
    return found


def _is_directory(path: str) -> bool:
    """Return whether there is a directory, and no link to one; raise OSError if the system does not say."""
    return look(path)[0] == SOMETHING and stat.S_ISDIR(os.lstat(path).st_mode)


def _follow_redirect(path: str) -> str:
    """Return the environment that a file ``.venv`` names, or the path itself if it is no such file.

    :raises LayoutError: if the file can't be read or names nothing
    """
    if os.path.basename(path) != ".venv" or not os.path.isfile(path):
        return path
    try:
        with open(path, encoding="utf-8-sig") as file:
            line = file.readline(_LONGEST_LINE).rstrip("\n")
    except OSError as error:
        raise LayoutError(f"{path}: could not be read - {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LayoutError(f"{path}: expected UTF-8 - {error}") from error
    if not line:
        raise LayoutError(f"{path}: its first line is empty")
    if "\0" in line or len(line) == _LONGEST_LINE:
        raise LayoutError(f"{path}: its first line is not a path")
    return os.path.normpath(os.path.join(os.path.dirname(path), line))


def _list_directory(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except FileNotFoundError as error:
        raise MissingError(f"{directory}: no such directory") from error
    except OSError as error:
        raise LayoutError(f"{directory}: {error.strerror}") from error

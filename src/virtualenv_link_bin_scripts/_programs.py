"""Which programs Windows calls NAME.exe, and which scripts run through an alias."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping

from ._link import TEMPORARY
from ._path import LINK, look

#: Names with these endings are the same on Windows, or leftovers. Installers add ``.exe`` to others, as to ``py.test``.
_EXTENSIONS = {".bat", ".cmd", ".dll", ".exe", ".js", ".pl", ".ps1", ".py", ".pyw", ".rb", ".sh", ".so", TEMPORARY}

#: How much of a Windows launcher is read, in bytes from its end. pip and uv need 3 KB; the rest is for a signature.
_TAIL = 10 * 1024


def list_programs(scripts: str) -> dict[str, bool]:
    """List the programs that Windows calls NAME.exe, except ``python``, whose alias belongs to ``bin-scripts``.

    :param scripts: absolute path of the scripts directory
    :returns: the names without ``.exe``, each with whether the program exists: an uninstalled one may still have a link
    :raises OSError: if the directory can't be read
    """
    with os.scandir(scripts) as entries:
        found = {entry.name: entry for entry in entries}
    linked = {name[: -len(".exe")] for name, entry in found.items() if name.endswith(".exe") and entry.is_symlink()}
    gone = {name for name in linked - found.keys() if look(found[f"{name}.exe"].path) == (LINK, name)}
    # A program that has a link counts: looking at its permissions would take long.
    programs = {name for name, entry in found.items() if name in linked or _is_program(entry)}
    return {name: name in found for name in sorted((programs | gone) - {"python"})}


def _is_program(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(".") or os.path.splitext(entry.name)[1].lower() in _EXTENSIONS:
        return False
    try:
        mode = entry.stat().st_mode
    except OSError:  # a link that leads nowhere
        return False
    return stat.S_ISREG(mode) and bool(mode & 0o111)


def read_scripts(scripts: str) -> dict[str, bytes]:
    """Read the part of each script that names its interpreter, in lower case; of a link, its destination.

    pip and uv write the name into the first two lines of a script, or near the end of a Windows launcher.

    :param scripts: absolute path of the scripts directory
    :returns: that part, by the script's name
    :raises OSError: if a script can't be read
    """
    found = {}
    with os.scandir(scripts) as entries:
        for entry in entries:
            try:
                if entry.is_symlink():
                    path = os.path.normpath(os.path.join(scripts, os.readlink(entry.path)))
                    found[entry.name] = os.fsencode(path).lower()
                elif entry.is_file():
                    found[entry.name] = _read(entry.path).lower()
            except FileNotFoundError:  # it has just been uninstalled
                continue
    return found


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        start = file.read(8192)
        if start.startswith(b"MZ"):
            file.seek(max(file.seek(0, os.SEEK_END) - _TAIL, 0))
            return file.read()
        return b"\n".join(start.split(b"\n", 2)[:2]) if start.startswith(b"#!") else b""


def find_scripts(contents: Mapping[str, bytes], alias: str) -> list[str]:
    """Find the scripts that run through an alias.

    A script counts if it contains ``/NAME.exe`` or, for a directory, ``/PARENT/ALIAS/`` or ``/../ALIAS/``, as uv writes
    into relocatable scripts. Either slash will do, and a quote may follow the first one. The alias itself never counts.
    A false alarm costs no more than a ``--force``.

    :param contents: what :func:`read_scripts` returns
    :param alias: absolute path of the alias
    :returns: the names of the scripts, sorted
    """
    directory, base = os.path.split(alias)
    name = os.fsencode(base).lower()
    pattern = re.escape(name)
    if not name.endswith(b".exe"):
        parent = re.escape(os.fsencode(os.path.basename(directory)).lower())
        pattern = rb"(?:" + parent + rb"|\.\.)[/\\]" + pattern + rb"[/\\]"
    search = re.compile(rb"[/\\][\"']?" + pattern).search
    # Most contents don't even have the name, which takes less time to find out.
    return sorted(
        script for script, content in contents.items() if name in content and script != base and search(content)
    )

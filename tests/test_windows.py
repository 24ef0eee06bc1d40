"""Links of Windows: real ones there, and elsewhere a fake of the functions that behave differently there."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from helpers import make_environment, posix, said, tree, windows

from virtualenv_link_bin_scripts._environment import Environment
from virtualenv_link_bin_scripts._link import TEMPORARY, LinkError
from virtualenv_link_bin_scripts._windows import HardLink, Junction

if TYPE_CHECKING:
    from collections.abc import Callable

    CreateJunction = Callable[[str, str], None]


@pytest.fixture
def windows_environment(tmp_path: Path) -> Path:
    """Return an environment with the layout of Windows."""
    return make_environment(tmp_path / ".venv", "Scripts", "python.exe")


@pytest.fixture
def set_create_junction(monkeypatch: pytest.MonkeyPatch) -> Callable[[CreateJunction], None]:
    """Give POSIX a ``CreateJunction``, an ``rmdir`` that removes links, and a ``rename`` that replaces nothing."""
    rename, rmdir = os.rename, os.rmdir

    def rename_to_nothing(source: str, target: str) -> None:
        assert not os.path.lexists(target)
        rename(source, target)

    def rmdir_or_link(path: str) -> None:
        if os.path.islink(path):
            os.unlink(path)
        else:
            rmdir(path)

    def set_function(function: CreateJunction) -> None:
        module = ModuleType("_winapi")
        setattr(module, "CreateJunction", function)  # noqa: B010 - unknown to ModuleType
        monkeypatch.setitem(sys.modules, "_winapi", module)
        monkeypatch.setattr(os, "rename", rename_to_nothing)
        monkeypatch.setattr(os, "rmdir", rmdir_or_link)

    return set_function


@pytest.fixture
def imitation(request: pytest.FixtureRequest) -> None:
    """Make junctions work on POSIX, too."""
    if sys.platform != "win32":  # pragma: win32 no cover
        request.getfixturevalue("set_create_junction")(create_junction)


def create_junction(target: str, path: str) -> None:
    """Do what ``CreateJunction`` does: make a directory, and turn it into a junction."""
    os.mkdir(path)  # and fail as CreateJunction does if something exists
    Path(path).rmdir()
    os.symlink(target, path)


@pytest.mark.usefixtures("imitation", "junctions")
class TestJunction:
    """``bin`` in an environment of Windows."""

    def test_make(self, windows_environment: Path) -> None:
        """The junction leads to its target, and nothing is left beside it."""
        outcome = Junction(str(windows_environment), "bin", "Scripts").make()

        assert said(outcome) == ("linked", "")
        assert (windows_environment / "bin").samefile(windows_environment / "Scripts")
        assert not os.path.lexists(windows_environment / f"bin{TEMPORARY}")

    def test_again(self, windows_environment: Path) -> None:
        """A junction that leads to its target is linked already."""
        link = Junction(str(windows_environment), "bin", "Scripts")
        link.make()

        outcome = link.make()

        assert said(outcome) == ("already linked", "")

    def test_moved(self, windows_environment: Path, tmp_path: Path) -> None:
        """In a moved environment, asking again repairs the junction, which holds an absolute path."""
        Junction(str(windows_environment), "bin", "Scripts").make()
        moved = windows_environment.rename(tmp_path / "moved")

        outcome = Junction(str(moved), "bin", "Scripts").make()

        assert said(outcome) == ("linked", str(tmp_path / ".venv" / "Scripts"))
        assert (moved / "bin").samefile(moved / "Scripts")

    def test_empty_directory(self, windows_environment: Path) -> None:
        """A junction takes the place of an empty directory."""
        (windows_environment / "bin").mkdir()

        Junction(str(windows_environment), "bin", "Scripts").make()

        assert (windows_environment / "bin").samefile(windows_environment / "Scripts")

    def test_directory(self, windows_environment: Path) -> None:
        """A directory that is not empty stays."""
        (windows_environment / "bin" / "precious").mkdir(parents=True)

        with pytest.raises(LinkError, match="a directory of that name exists"):
            Junction(str(windows_environment), "bin", "Scripts").make()

        assert (windows_environment / "bin" / "precious").exists()

    def test_killed(self, windows_environment: Path) -> None:
        """A directory left by a process that was killed halfway is removed by the next run."""
        (windows_environment / f"bin{TEMPORARY}").mkdir()

        Junction(str(windows_environment), "bin", "Scripts").make()

        assert (windows_environment / "bin").samefile(windows_environment / "Scripts")
        assert not os.path.lexists(windows_environment / f"bin{TEMPORARY}")

    def test_remove(self, windows_environment: Path) -> None:
        """Removing the junction leaves its target."""
        before = tree(windows_environment)
        link = Junction(str(windows_environment), "bin", "Scripts")
        link.make()

        outcome = link.remove()

        assert said(outcome) == ("removed", str(windows_environment / "Scripts"))
        assert tree(windows_environment) == before


@posix
class TestCreateJunction:
    """What only a fake of ``CreateJunction`` shows."""

    def test_no_junctions(
        self, windows_environment: Path, set_create_junction: Callable[[CreateJunction], None]
    ) -> None:
        """Where the file system has no junctions, the reason is given, and the directory left behind is removed."""
        before = tree(windows_environment)

        def fail(_: str, path: str) -> None:
            os.mkdir(path)
            raise OSError(22, "Request not supported")

        set_create_junction(fail)

        with pytest.raises(LinkError) as caught:
            Junction(str(windows_environment), "bin", "Scripts").make()

        assert str(caught.value) == f"could not link {windows_environment / 'bin'}: Request not supported"
        assert tree(windows_environment) == before

    def test_leads_nowhere(
        self, windows_environment: Path, set_create_junction: Callable[[CreateJunction], None]
    ) -> None:
        """A link is not replaced by a junction that leads nowhere, as some network drives make it."""
        (windows_environment / "bin").symlink_to("elsewhere")
        set_create_junction(lambda _, path: os.symlink("nowhere", path))

        with pytest.raises(LinkError, match="No such file"):
            Junction(str(windows_environment), "bin", "Scripts").make()

        assert os.readlink(windows_environment / "bin") == "elsewhere"
        assert not os.path.lexists(windows_environment / f"bin{TEMPORARY}")

    def test_pypy(self, windows_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """PyPy has no ``CreateJunction``, and the message says which Python has."""
        monkeypatch.setitem(sys.modules, "_winapi", ModuleType("_winapi"))

        with pytest.raises(LinkError, match="PyPy cannot make junctions; use CPython"):
            Junction(str(windows_environment), "bin", "Scripts").make()

    def test_verbatim_path(
        self,
        windows_environment: Path,
        set_create_junction: Callable[[CreateJunction], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        r"""A junction is made to C:\..., since one to \\?\C:\... would lead nowhere."""
        targets = []

        def create(target: str, path: str) -> None:
            targets.append(target)
            create_junction(target, path)

        set_create_junction(create)
        monkeypatch.setattr(os.path, "realpath", lambda path: f"\\\\?\\{path}")

        Junction(str(windows_environment), "bin", "Scripts").make()

        assert targets == [str(windows_environment / "Scripts")]

    def test_verbatim_path_is_not_shown(
        self, windows_environment: Path, set_create_junction: Callable[[CreateJunction], None]
    ) -> None:
        r"""Windows stores \\?\C:\... in a junction, which is shown as C:\...."""
        set_create_junction(create_junction)
        (windows_environment / "bin").symlink_to("\\\\?\\C:\\gone")

        outcome = Junction(str(windows_environment), "bin", "Scripts").make()

        assert said(outcome) == ("linked", "C:\\gone")

    def test_other_process_makes_it(
        self,
        windows_environment: Path,
        set_create_junction: Callable[[CreateJunction], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A directory that another process turns into the junction meanwhile is not in the way."""
        place = windows_environment / "bin"
        place.mkdir()
        set_create_junction(create_junction)
        listdir = os.listdir

        def listdir_late(path: str) -> list[str]:
            place.rmdir()
            place.symlink_to("Scripts")
            return listdir(path)

        monkeypatch.setattr(os, "listdir", listdir_late)

        Junction(str(windows_environment), "bin", "Scripts").make()

        assert place.samefile(windows_environment / "Scripts")

    def test_other_process_holds_it(
        self, windows_environment: Path, set_create_junction: Callable[[CreateJunction], None]
    ) -> None:
        """If another process holds the file open, for Windows a permission error, the link is tried again."""

        def fail_once(_target: str, _path: str) -> None:
            set_create_junction(create_junction)
            raise PermissionError(13, "The process cannot access the file because it is being used by another process")

        set_create_junction(fail_once)

        outcome = Junction(str(windows_environment), "bin", "Scripts").make()

        assert said(outcome) == ("linked", "")

    def test_other_process_moves_its_directory(
        self, windows_environment: Path, set_create_junction: Callable[[CreateJunction], None]
    ) -> None:
        """A directory that another process moves to the place before it is a junction is replaced by the next try."""
        place = windows_environment / "bin"

        def move(_target: str, path: str) -> None:
            set_create_junction(create_junction)
            os.mkdir(path)
            os.rename(path, place)
            raise FileNotFoundError(2, "The system cannot find the file specified")

        set_create_junction(move)

        Junction(str(windows_environment), "bin", "Scripts").make()

        assert place.samefile(windows_environment / "Scripts")


@posix
def test_cloud(windows_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory in OneDrive, which is a reparse point, too, is not taken for a link."""
    readlink = os.readlink

    def readlink_of_windows(path: str) -> str:
        if os.path.isdir(path):
            raise ValueError("not a symbolic link")
        return readlink(path)

    monkeypatch.setattr(os, "readlink", readlink_of_windows)

    environment = Environment.from_directory(str(windows_environment))

    assert environment.scripts == str(windows_environment / "Scripts")


class TestHardLink:
    """``python3.exe``, a second name of ``python.exe``: POSIX has hard links, too."""

    def test_make(self, windows_environment: Path) -> None:
        """Both names belong to the same file."""
        outcome = HardLink(str(windows_environment), "Scripts/python3.exe", "python.exe").make()

        assert said(outcome) == ("linked", "")
        scripts = windows_environment / "Scripts"
        assert (scripts / "python3.exe").samefile(scripts / "python.exe")

    def test_other_file(self, windows_environment: Path) -> None:
        """Any file of that name counts as linked, such as the one that virtualenv makes."""
        (windows_environment / "Scripts" / "python3.exe").write_text("virtualenv's", encoding="utf-8")

        outcome = HardLink(str(windows_environment), "Scripts/python3.exe", "python.exe").make()

        assert said(outcome) == ("already linked", "")
        assert (windows_environment / "Scripts" / "python3.exe").read_text(encoding="utf-8") == "virtualenv's"

    def test_check(self, windows_environment: Path) -> None:
        """If there is no such file, the link is missing."""
        outcome = HardLink(str(windows_environment), "Scripts/python3.exe", "python.exe").check()

        assert said(outcome) == ("missing", "")

    def test_remove(self, windows_environment: Path) -> None:
        """A second name of the same file is removed, and the file stays."""
        before = tree(windows_environment)
        link = HardLink(str(windows_environment), "Scripts/python3.exe", "python.exe")
        link.make()

        outcome = link.remove()

        assert said(outcome) == ("removed", "python.exe")
        assert tree(windows_environment) == before

    def test_other_file_is_not_removed(self, windows_environment: Path) -> None:
        """Another file of that name, such as the one that virtualenv makes, is not removed."""
        (windows_environment / "Scripts" / "python3.exe").write_text("virtualenv's", encoding="utf-8")

        assert HardLink(str(windows_environment), "Scripts/python3.exe", "python.exe").remove() is None

        assert (windows_environment / "Scripts" / "python3.exe").exists()

    def test_other_file_is_not_kept(self, windows_environment: Path) -> None:
        """If a script needs another file of that name, that is no failure, since it stays anyway."""
        (windows_environment / "Scripts" / "python3.exe").write_text("virtualenv's", encoding="utf-8")

        assert (
            HardLink(str(windows_environment), "Scripts/python3.exe", "python.exe").remove(
                reason_to_keep="pip needs it"
            )
            is None
        )

    def test_kept(self, windows_environment: Path) -> None:
        """A second name of the same file that a script needs is kept."""
        link = HardLink(str(windows_environment), "Scripts/python3.exe", "python.exe")
        link.make()

        with pytest.raises(LinkError, match=r"kept .*python3\.exe: pip needs it"):
            link.remove(reason_to_keep="pip needs it")

        assert (windows_environment / "Scripts" / "python3.exe").exists()

    def test_running(self, windows_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A second name that Windows refuses to remove, since the interpreter is running, stays and is reported."""
        link = HardLink(str(windows_environment), "Scripts/python3.exe", "python.exe")
        link.make()

        def refuse(_: str) -> None:
            raise PermissionError(13, "Access is denied")

        monkeypatch.setattr(os, "unlink", refuse)

        with pytest.raises(LinkError) as caught:
            link.remove()

        assert str(caught.value) == f"could not remove {link.path}: Access is denied"

    def test_nothing_to_remove(self, windows_environment: Path) -> None:
        """If there is no such file, there is nothing to remove."""
        assert HardLink(str(windows_environment), "Scripts/python3.exe", "python.exe").remove() is None


@windows
def test_symbolic_link_is_replaced(windows_environment: Path) -> None:  # pragma: win32 cover
    """A symbolic link of Windows, if the user may make one, is replaced like a junction."""
    try:
        (windows_environment / "bin").symlink_to("elsewhere", target_is_directory=True)
        os.readlink(windows_environment / "bin")
    except OSError as error:
        pytest.skip(f"no symbolic links: {error}")

    Junction(str(windows_environment), "bin", "Scripts").make()

    assert (windows_environment / "bin").samefile(windows_environment / "Scripts")

"""One link on POSIX: how it is made, checked and removed, and what may be in its place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from helpers import add_program, posix, said, tree

from virtualenv_link_bin_scripts._link import TEMPORARY, Link, LinkError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = posix

every_link = pytest.mark.parametrize(
    ("alias", "destination"),
    [
        ("Scripts", "bin"),
        ("bin/python.exe", "python"),
        ("Lib/site-packages", "../lib/python3.13/site-packages"),
    ],
)


def put_link(place: Path, destination: str | Path) -> None:
    """Put a link in an alias's place, or beside it."""
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(destination)


@every_link
class TestMake:
    """Making a link."""

    def test_relative(self, environment: Path, alias: str, destination: str) -> None:
        """The link is relative, and leads to its target."""
        outcome = Link(str(environment), alias, destination).make()

        assert said(outcome) == ("linked", "")
        assert os.readlink(environment / alias) == destination
        assert (environment / alias).exists()

    def test_again(self, environment: Path, alias: str, destination: str) -> None:
        """A link that exists already is not touched."""
        link = Link(str(environment), alias, destination)
        link.make()
        before = (environment / alias).lstat().st_ino

        outcome = link.make()

        assert said(outcome) == ("already linked", "")
        assert (environment / alias).lstat().st_ino == before

    def test_absolute(self, environment: Path, alias: str, destination: str) -> None:
        """An absolute link to the target, such as one made by hand, counts as linked, and is left alone."""
        target = ((environment / alias).parent / destination).resolve()
        put_link(environment / alias, target)

        outcome = Link(str(environment), alias, destination).make()

        assert said(outcome) == ("already linked", "")
        assert os.readlink(environment / alias) == str(target)

    def test_other_link(self, environment: Path, alias: str, destination: str) -> None:
        """A link that points elsewhere is replaced, and the outcome says where it pointed."""
        put_link(environment / alias, "elsewhere")

        outcome = Link(str(environment), alias, destination).make()

        assert said(outcome) == ("linked", "elsewhere")
        assert os.readlink(environment / alias) == destination

    def test_empty_directory(self, environment: Path, alias: str, destination: str) -> None:
        """The link takes the place of an empty directory."""
        (environment / alias).mkdir(parents=True)

        outcome = Link(str(environment), alias, destination).make()

        assert said(outcome) == ("linked", "")
        assert os.readlink(environment / alias) == destination

    def test_file(self, environment: Path, alias: str, destination: str) -> None:
        """A file in the place of the link stays, and the message names it and says what to do."""
        place = environment / alias
        place.parent.mkdir(exist_ok=True)
        place.write_text("precious", encoding="utf-8")
        before = tree(environment)

        with pytest.raises(LinkError) as caught:
            Link(str(environment), alias, destination).make()

        reason = "a file of that name exists; move or delete it and run this again"
        assert str(caught.value) == f"could not link {place}: {reason}"
        assert tree(environment) == before

    def test_directory(self, environment: Path, alias: str, destination: str) -> None:
        """A directory that is not empty stays, and the message names it and says what to do."""
        place = environment / alias
        (place / "precious").mkdir(parents=True)
        before = tree(environment)

        with pytest.raises(LinkError) as caught:
            Link(str(environment), alias, destination).make()

        reason = "a directory of that name exists; move or delete it and run this again"
        assert str(caught.value) == f"could not link {place}: {reason}"
        assert tree(environment) == before

    def test_moved(self, environment: Path, tmp_path: Path, alias: str, destination: str) -> None:
        """The link still leads to its target after the environment has been moved."""
        Link(str(environment), alias, destination).make()

        environment.rename(tmp_path / "moved")

        assert (tmp_path / "moved" / alias).resolve().is_relative_to(tmp_path / "moved")
        assert (tmp_path / "moved" / alias).exists()

    def test_leftover(self, environment: Path, alias: str, destination: str) -> None:
        """A temporary link that a killed process left behind is gone after the next run."""
        put_link(environment / alias, "elsewhere")
        put_link(environment / f"{alias}{TEMPORARY}", destination)

        Link(str(environment), alias, destination).make()

        assert os.readlink(environment / alias) == destination
        assert not os.path.lexists(environment / f"{alias}{TEMPORARY}")

    def test_leftover_beside_right_link(self, environment: Path, alias: str, destination: str) -> None:
        """A leftover is removed even if there is nothing else to do."""
        put_link(environment / alias, destination)
        put_link(environment / f"{alias}{TEMPORARY}", destination)

        Link(str(environment), alias, destination).make()

        assert not os.path.lexists(environment / f"{alias}{TEMPORARY}")

    def test_file_with_temporary_name(self, environment: Path, alias: str, destination: str) -> None:
        """A file that happens to have the temporary name is not touched."""
        temporary = environment / f"{alias}{TEMPORARY}"
        put_link(environment / alias, "elsewhere")
        temporary.write_text("precious", encoding="utf-8")

        with pytest.raises(LinkError, match="File exists"):
            Link(str(environment), alias, destination).make()

        assert temporary.read_text(encoding="utf-8") == "precious"
        assert os.readlink(environment / alias) == "elsewhere"


class TestLib:
    """``Lib``, which is made for its link alone."""

    ALIAS = "Lib/site-packages", "../lib/python3.13/site-packages"

    def test_link_that_leads_out(self, environment: Path, tmp_path: Path) -> None:
        """Nothing is written through a ``Lib`` that is a link, made by hand."""
        outside = tmp_path / "outside"
        outside.mkdir()
        (environment / "Lib").symlink_to(outside)

        with pytest.raises(LinkError) as caught:
            Link(str(environment), *self.ALIAS).make()

        reason = f"{environment / 'Lib'} is a file or a link; move or delete it and run this again"
        assert str(caught.value) == f"could not link {environment / 'Lib/site-packages'}: {reason}"
        assert list(outside.iterdir()) == []

    def test_file(self, environment: Path) -> None:
        """A file ``Lib`` stays, and the message names it, also when checking."""
        (environment / "Lib").write_text("precious", encoding="utf-8")

        with pytest.raises(LinkError) as caught:
            Link(str(environment), *self.ALIAS).check()

        reason = f"{environment / 'Lib'} is a file or a link; move or delete it and run this again"
        assert str(caught.value) == f"could not link {environment / 'Lib/site-packages'}: {reason}"
        with pytest.raises(LinkError, match=r"/Lib is a file or a link"):
            Link(str(environment), *self.ALIAS).make()
        assert (environment / "Lib").read_text(encoding="utf-8") == "precious"

    def test_nothing_is_removed_through_a_link(self, environment: Path, tmp_path: Path) -> None:
        """Nothing is removed through a ``Lib`` that is a link, not even a leftover."""
        outside = tmp_path / "outside"
        put_link(outside / "site-packages", self.ALIAS[1])
        put_link(outside / f"site-packages{TEMPORARY}", self.ALIAS[1])
        (environment / "Lib").symlink_to(outside)
        before = tree(outside)

        Link(str(environment), *self.ALIAS).make()
        Link(str(environment), *self.ALIAS).remove()

        assert tree(outside) == before

    def test_link_to_the_same(self, environment: Path) -> None:
        """A ``Lib`` that is a link to ``lib/python3.13`` already has the site-packages."""
        (environment / "Lib").symlink_to("lib/python3.13")

        outcome = Link(str(environment), *self.ALIAS).make()

        assert said(outcome) == ("already linked", "")

    def test_failure_leaves_no_directory(self, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """If the system refuses the link, there is no ``Lib`` either."""
        before = tree(environment)
        monkeypatch.setattr(os, "symlink", refuse)

        with pytest.raises(LinkError, match="no such luck"):
            Link(str(environment), *self.ALIAS).make()

        assert tree(environment) == before


def refuse(*_: object) -> None:
    """Stand for a system call of a file system without links, which would need root to mount."""
    raise OSError(95, "no such luck")


class TestInterpreter:
    """``bin/python.exe`` in environments that Python 3.9 and 3.10 make by ``bin/python.exe -m venv``."""

    def test_link_to_the_alias(self, environment: Path) -> None:
        """If ``python`` is a link to ``python.exe``, no loop is made of the two links."""
        python = environment / "bin" / "python"
        python.rename(environment / "bin" / "base")
        python.symlink_to("python.exe")
        python.with_name("python.exe").symlink_to("base")

        outcome = Link(str(environment), "bin/python.exe", "python").make()

        assert said(outcome) == ("already linked", "")
        assert os.readlink(python.with_name("python.exe")) == "base"

    def test_base_is_gone(self, environment: Path) -> None:
        """If the base interpreter has been uninstalled, too, no loop is made of the two links."""
        python = environment / "bin" / "python"
        python.unlink()
        python.symlink_to("python.exe")
        python.with_name("python.exe").symlink_to("/gone/python3.9")

        with pytest.raises(LinkError, match="No such file"):
            Link(str(environment), "bin/python.exe", "python").make()

        assert os.readlink(python.with_name("python.exe")) == "/gone/python3.9"


class TestUninstalled:
    """A link whose program has been uninstalled."""

    def test_removed(self, environment: Path) -> None:
        """The link of a program that has been uninstalled is removed."""
        (environment / "bin" / "tool.exe").symlink_to("tool")

        outcome = Link(str(environment), "bin/tool.exe", "tool", is_stale=True).make()

        assert said(outcome) == ("removed", "tool")
        assert not os.path.lexists(environment / "bin" / "tool.exe")

    def test_checked(self, environment: Path) -> None:
        """Checking calls such a link stale, and leaves it."""
        (environment / "bin" / "tool.exe").symlink_to("tool")

        outcome = Link(str(environment), "bin/tool.exe", "tool", is_stale=True).check()

        assert said(outcome) == ("stale", "")
        assert os.path.lexists(environment / "bin" / "tool.exe")

    def test_removed_meanwhile(self, environment: Path) -> None:
        """If such a link has been removed meanwhile, there is nothing to do."""
        assert Link(str(environment), "bin/tool.exe", "tool", is_stale=True).make() is None


@every_link
class TestCheck:
    """Checking a link, which changes nothing."""

    def test_right(self, environment: Path, alias: str, destination: str) -> None:
        """A link that leads to its target is linked already."""
        put_link(environment / alias, destination)

        outcome = Link(str(environment), alias, destination).check()

        assert said(outcome) == ("already linked", "")

    def test_missing(self, environment: Path, alias: str, destination: str) -> None:
        """A link that points elsewhere is missing, and stays."""
        put_link(environment / alias, "elsewhere")
        before = tree(environment)

        outcome = Link(str(environment), alias, destination).check()

        assert said(outcome) == ("missing", "elsewhere")
        assert tree(environment) == before

    def test_file(self, environment: Path, alias: str, destination: str) -> None:
        """A file in the place of the link is an error when checking, too."""
        (environment / alias).parent.mkdir(exist_ok=True)
        (environment / alias).touch()

        with pytest.raises(LinkError, match="a file of that name exists"):
            Link(str(environment), alias, destination).check()


@every_link
class TestRemove:
    """Removing a link."""

    def test_identity(self, environment: Path, alias: str, destination: str) -> None:
        """Making and removing a link leaves the environment as it was."""
        before = tree(environment)
        Link(str(environment), alias, destination).make()

        outcome = Link(str(environment), alias, destination).remove()

        assert said(outcome) == ("removed", destination)
        assert tree(environment) == before

    def test_other_link(self, environment: Path, alias: str, destination: str) -> None:
        """Whatever link has the alias's name is removed, and the outcome says where it pointed."""
        put_link(environment / alias, "elsewhere")

        outcome = Link(str(environment), alias, destination).remove()

        assert said(outcome) == ("removed", "elsewhere")
        assert not os.path.lexists(environment / alias)

    def test_file(self, environment: Path, alias: str, destination: str) -> None:
        """A file is not removed."""
        (environment / alias).parent.mkdir(exist_ok=True)
        (environment / alias).touch()

        assert Link(str(environment), alias, destination).remove() is None

        assert (environment / alias).exists()

    def test_leftover(self, environment: Path, alias: str, destination: str) -> None:
        """A leftover of a killed process is removed, too, and so is an empty ``Lib``."""
        before = tree(environment)
        put_link(environment / f"{alias}{TEMPORARY}", destination)

        assert Link(str(environment), alias, destination).remove() is None

        assert tree(environment) == before


def test_lib_with_something_in_it_stays(environment: Path) -> None:
    """``Lib`` stays if there is something else in it."""
    link = Link(str(environment), "Lib/site-packages", "../lib/python3.13/site-packages")
    link.make()
    (environment / "Lib" / "precious").touch()

    link.remove()

    assert os.listdir(environment / "Lib") == ["precious"]


def unlink_late(path: str) -> None:
    """Unlink a path that another process has just unlinked."""
    os.remove(path)  # the other process
    os.remove(path)


class TestOtherProcess:
    """Another process changes the place between two system calls, which a function instead of one imitates."""

    def test_makes_the_link(self, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A link that another process makes first is welcome."""
        symlink = os.symlink

        def symlink_late(destination: str, path: str) -> None:
            monkeypatch.setattr(os, "symlink", symlink)
            symlink(destination, path)  # the other process
            symlink(destination, path)

        monkeypatch.setattr(os, "symlink", symlink_late)

        outcome = Link(str(environment), "Scripts", "bin").make()

        assert said(outcome) == ("already linked", "")

    def test_puts_a_file(self, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that appears at the last moment is not lost."""
        symlink = os.symlink

        def symlink_late(destination: str, path: str) -> None:
            (environment / "Scripts").write_text("precious", encoding="utf-8")
            symlink(destination, path)

        monkeypatch.setattr(os, "symlink", symlink_late)

        with pytest.raises(LinkError, match="a file of that name exists"):
            Link(str(environment), "Scripts", "bin").make()

        assert (environment / "Scripts").read_text(encoding="utf-8") == "precious"

    def test_replaces_a_link_by_a_file(self, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that takes the place of a link while that is replaced is not lost."""
        (environment / "Scripts").symlink_to("elsewhere")
        symlink = os.symlink

        def symlink_late(destination: str, path: str) -> None:
            (environment / "Scripts").unlink(missing_ok=True)
            (environment / "Scripts").write_text("precious", encoding="utf-8")
            symlink(destination, path)

        monkeypatch.setattr(os, "symlink", symlink_late)

        with pytest.raises(LinkError):
            Link(str(environment), "Scripts", "bin").make()

        assert (environment / "Scripts").read_text(encoding="utf-8") == "precious"

    def test_replaces_an_empty_directory(self, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A link that another process puts in the place of an empty directory is not mistaken for a file."""
        place = environment / "Scripts"
        place.mkdir()
        isdir = os.path.isdir

        def isdir_late(path: str) -> bool:
            monkeypatch.setattr(os.path, "isdir", isdir)
            place.rmdir()  # the other process
            is_directory = isdir(path)
            place.symlink_to("bin")
            return is_directory

        monkeypatch.setattr(os.path, "isdir", isdir_late)

        outcome = Link(str(environment), "Scripts", "bin").make()

        assert said(outcome) == ("linked", "")

    def test_replaces_an_empty_directory_late(self, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A link that takes the place of an empty directory at the last moment is welcome, too."""
        place = environment / "Scripts"
        place.mkdir()
        rmdir = os.rmdir

        def rmdir_late(path: str) -> None:
            monkeypatch.setattr(os, "rmdir", rmdir)
            rmdir(path)  # the other process
            place.symlink_to("bin")
            rmdir(path)

        monkeypatch.setattr(os, "rmdir", rmdir_late)

        outcome = Link(str(environment), "Scripts", "bin").make()

        assert said(outcome) == ("already linked", "")

    def test_removes_the_link(self, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A link that another process removes first is gone."""
        (environment / "Scripts").symlink_to("bin")
        monkeypatch.setattr(os, "unlink", unlink_late)

        assert Link(str(environment), "Scripts", "bin").remove() is None

    def test_removes_the_leftover(self, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A leftover that another process removes first is gone, and the link is made."""
        (environment / f"Scripts{TEMPORARY}").symlink_to("bin")
        monkeypatch.setattr(os, "unlink", unlink_late)

        Link(str(environment), "Scripts", "bin").make()

        assert os.readlink(environment / "Scripts") == "bin"


def test_case_is_ignored(environment: Path) -> None:
    """If the file system ignores case, a link to another spelling of the program's name counts as linked.

    A second name of the program stands for such a file system.
    """
    tool = add_program(environment, "Tool")
    os.link(tool, tool.with_name("tool"))
    tool.with_name("tool.exe").symlink_to("Tool")

    outcome = Link(str(environment), "bin/tool.exe", "tool").make()

    assert said(outcome) == ("already linked", "")

r"""Links on Windows, with a fake of the one module that only Windows has.

The fake's junction is an absolute symbolic link, which answers os.readlink and os.unlink as a junction does. As on
Windows, it is a directory first.

"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from conftest import posix, tree

from virtualenv_link_bin_scripts import _filesystem, _link
from virtualenv_link_bin_scripts._environment import Environment
from virtualenv_link_bin_scripts._link import Link, LinkError

if TYPE_CHECKING:
    from collections.abc import Callable

    Step = Callable[[Path], object]

pytestmark = posix


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return an environment with Windows's layout."""
    root = tmp_path / "environment"
    (root / "Scripts").mkdir(parents=True)
    (root / "Scripts" / "python.exe").touch()
    return root


@pytest.fixture
def link(root: Path) -> Link:
    """Return the only link that it lacks."""
    return link_in(root)


def link_in(root: Path) -> Link:
    """Return the link of an environment."""
    environment = Environment(str(root), str(root / "Scripts"), "python.exe", str(root / "Lib" / "site-packages"))
    ((alias, target, _),) = environment.links("bin-scripts")
    return Link(environment, alias, target)


def temporary(link: Link) -> Path:
    """Return where a junction is made before it is moved to its place."""
    return Path(f"{link.alias}.virtualenv-link-bin-scripts")


def create_junction(between: Step) -> Callable[[str, str], None]:
    """Return a CreateJunction that lets something happen between its two steps."""

    def create(target: str, alias: str) -> None:
        os.mkdir(alias)
        between(Path(alias))
        os.rmdir(alias)
        os.symlink(target, alias)

    return create


@pytest.fixture(autouse=True)
def winapi(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Make links as on Windows."""
    winapi = SimpleNamespace(CreateJunction=create_junction(lambda _: None))
    monkeypatch.setitem(sys.modules, "_winapi", winapi)
    monkeypatch.setattr(_link, "LINKS", _filesystem._Junctions())
    monkeypatch.setattr(_link, "open_directory", lambda *_: None)
    rename = os.rename

    def rename_to_nothing(source: str, target: str) -> None:
        if os.path.lexists(target):  # pragma: no cover - while the code is right
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        rename(source, target)

    monkeypatch.setattr(os, "rename", rename_to_nothing)
    monkeypatch.setattr(_filesystem, "_PAUSE", 0)
    monkeypatch.setattr(_filesystem, "_FINAL", set())
    return winapi


@pytest.fixture
def no_junctions(winapi: SimpleNamespace) -> None:
    """Let a junction fail as it does on a file system without them."""

    def refuse(_: Path) -> None:
        raise OSError(errno.EINVAL, "Request not supported")

    winapi.CreateJunction = create_junction(refuse)


@pytest.fixture
def no_symlinks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse symbolic links, as to an ordinary user of Windows."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "A required privilege is not held by the client")

    monkeypatch.setattr(os, "symlink", refuse)


def make(link: Link) -> tuple[str, str | None]:
    """Make a link, and return what was done and where the link pointed that was replaced."""
    result = link.make()
    assert result
    assert not os.path.lexists(temporary(link))
    return result.verb, result.replaced


def refusal(link: Link) -> str:
    """Return why a link is not made."""
    with pytest.raises(LinkError) as caught:
        link.make()
    return str(caught.value).partition(" - ")[2]


class TestJunction:
    """A junction is made, replaced and removed."""

    def test_contains_absolute_path(self, link: Link) -> None:
        """It contains an absolute path."""
        assert make(link) == ("linked", None)
        assert os.readlink(link.alias) == link.target

    def test_contains_real_path(self, root: Path, tmp_path: Path) -> None:
        """It contains the real path, so that it outlives a link on the way to the environment."""
        (tmp_path / "way").symlink_to("environment")

        make(link_in(tmp_path / "way"))

        assert os.readlink(root / "bin") == str(root.resolve() / "Scripts")

    def test_contains_no_verbatim_path(self, link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
        r"""A junction to \\?\C:\... would dangle, so it is made to C:\...."""
        resolved: list[str] = []
        monkeypatch.setattr(os.path, "realpath", lambda path: rf"\\?\C:{path}")
        winapi = SimpleNamespace(CreateJunction=lambda target, _: resolved.append(target))
        monkeypatch.setitem(sys.modules, "_winapi", winapi)

        _filesystem._create_junction(link.alias, link.target, "")

        assert resolved == [f"C:{link.target}"]

    def test_right_one_is_left_alone(self, link: Link, winapi: SimpleNamespace) -> None:
        """A junction that points to the target is in place."""
        link.make()
        before = os.lstat(link.alias)
        del winapi.CreateJunction

        assert make(link) == ("already linked", None)

        assert os.lstat(link.alias) == before

    def test_other_one_is_replaced(self, link: Link) -> None:
        r"""A junction that points elsewhere is replaced, and its \\?\ is not shown."""
        os.symlink(r"\\?\C:\gone", link.alias)

        assert make(link) == ("linked", r"C:\gone")

        assert os.readlink(link.alias) == link.target

    @pytest.mark.parametrize("before", ["nothing", "other link", "empty directory"])
    def test_empty_directory_is_never_seen(self, link: Link, winapi: SimpleNamespace, before: str) -> None:
        """What CreateJunction makes first is not visible under the alias's name, where the former link stays."""
        seen = []
        if before == "other link":
            os.symlink("gone", link.alias)
        elif before == "empty directory":
            os.mkdir(link.alias, mode=0o700)
        kept = os.lstat(link.alias) if before != "nothing" else None
        winapi.CreateJunction = create_junction(
            lambda _: seen.append(os.lstat(link.alias) if os.path.lexists(link.alias) else None)
        )

        assert make(link)[0] == "linked"

        assert seen == [kept]

    def test_removed(self, link: Link, root: Path) -> None:
        """It is removed, and shown by the path that people write."""
        before = tree(root)
        link.make()

        result = link.remove()

        assert result
        assert result.destination == "Scripts"
        assert tree(root) == before

    @pytest.mark.parametrize(
        ("content", "shown"),
        [
            (r"\\?\UNC\srv\share\Scripts", r"\\srv\share\Scripts"),
            (r"\\?\Volume{11111111-2222-3333-4444-555555555555}\Scripts", None),
            (r"\\srv\share\Scripts", None),
        ],
    )
    def test_share_or_volume_is_kept(self, link: Link, content: str, shown: str | None) -> None:
        """A link to a share or a volume points elsewhere, whatever it looks like."""
        os.symlink(content, link.alias)

        with pytest.raises(LinkError, match=r"^kept .* - it points to .*; pass --force to remove it anyway$") as caught:
            link.remove()

        assert (shown or content) in str(caught.value)
        assert os.readlink(link.alias) == content


class TestWithoutJunctions:
    """Where there are no junctions, symbolic links are tried, and if they fail everything stays."""

    @pytest.mark.usefixtures("no_junctions")
    def test_makes_symbolic_link_instead(self, link: Link) -> None:
        """The directory that the attempt leaves is removed, and a symbolic link made."""
        assert make(link) == ("linked", None)
        assert os.readlink(link.alias) == "Scripts"

    @pytest.mark.parametrize("module", [None, ModuleType("_winapi")], ids=["no module", "module without it"])
    def test_pypy(self, link: Link, monkeypatch: pytest.MonkeyPatch, module: ModuleType | None) -> None:
        """PyPy has no CreateJunction, and makes a symbolic link."""
        monkeypatch.setitem(sys.modules, "_winapi", module)

        assert make(link) == ("linked", None)

        assert os.readlink(link.alias) == "Scripts"

    @pytest.mark.usefixtures("no_junctions", "no_symlinks")
    def test_leaves_nothing_behind(self, link: Link, root: Path) -> None:
        """Where both fail, nothing is left behind, and the junction's reason is given."""
        before = tree(root)

        assert refusal(link) == "Request not supported"

        assert tree(root) == before

    @pytest.mark.usefixtures("no_junctions", "no_symlinks")
    @pytest.mark.parametrize("what", ["junction", "empty directory"])
    def test_what_was_there_stays(self, link: Link, root: Path, tmp_path: Path, what: str) -> None:
        """A former junction stays, which could not be made again, and so does an empty directory."""
        if what == "junction":
            subprocess.check_call(["ln", "-s", tmp_path / "gone", link.alias])
        else:
            os.mkdir(link.alias, mode=0o700)
        before = tree(root), os.lstat(link.alias).st_ino

        assert refusal(link) == "Request not supported"

        assert (tree(root), os.lstat(link.alias).st_ino) == before

    @pytest.mark.usefixtures("no_junctions")
    def test_success_without_link(self, link: Link, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A symbolic link that is reported and does not exist, as in Wine, is no success."""
        before = tree(root)
        monkeypatch.setattr(os, "symlink", lambda *_, **__: None)

        assert refusal(link) == "Request not supported"

        assert tree(root) == before

    def test_success_with_wrong_link(self, link: Link, winapi: SimpleNamespace, tmp_path: Path) -> None:
        """A junction that is reported and points elsewhere is removed."""
        winapi.CreateJunction = lambda _, alias: os.symlink(tmp_path, alias)

        assert make(link) == ("linked", None)

        assert os.path.samefile(link.alias, link.target)


class TestOtherProcesses:
    """Processes at the same time, and killed ones, do no harm."""

    @pytest.mark.parametrize("what", ["link", "empty directory"])
    def test_killed_process(self, link: Link, tmp_path: Path, what: str) -> None:
        """What a killed process left is cleared away: a junction, or the directory that it is first."""
        if what == "link":
            temporary(link).symlink_to(tmp_path)
        else:
            temporary(link).mkdir()

        assert make(link) == ("linked", None)
        assert make(link) == ("already linked", None)

    def test_file_is_left_alone(self, link: Link) -> None:
        """A file of that name is in the way."""
        temporary(link).write_text("precious", encoding="utf-8")

        assert refusal(link) == f"{temporary(link)} is in the way, and was left alone"

        assert temporary(link).read_text(encoding="utf-8") == "precious"

    def test_half_made_junction_is_removed(
        self, link: Link, winapi: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A process whose half-made junction another one clears away tries again, also without symbolic links."""
        calls = []

        def refuse(*_: object) -> None:
            raise PermissionError(errno.EPERM, "A required privilege is not held by the client")

        monkeypatch.setattr(_filesystem, "_create_directory_symlink", refuse)

        def clear_once(alias: Path) -> None:
            calls.append(alias)
            if len(calls) == 1:
                alias.rmdir()

        winapi.CreateJunction = create_junction(clear_once)

        assert make(link) == ("linked", None)

        assert os.path.samefile(link.alias, link.target)

    def test_replaced_link_is_reported_though_renaming_failed(
        self, link: Link, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the former junction pointed is reported, also if another process hinders the renaming at first."""
        os.symlink("gone", link.alias)

        rename = os.rename

        def refuse(*_: str) -> None:
            monkeypatch.setattr(os, "rename", rename)
            raise PermissionError(errno.EACCES, "Sharing violation")

        monkeypatch.setattr(os, "rename", refuse)

        assert make(link) == ("linked", "gone")

    def test_half_made_junction_is_moved(self, link: Link, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What another process has begun under the same temporary name is not left in the alias's place."""
        rename = os.rename

        def exchange_and_rename(source: str, target: str) -> None:
            monkeypatch.setattr(os, "rename", rename)
            os.unlink(source)
            os.mkdir(source)
            rename(source, target)

        monkeypatch.setattr(os, "rename", exchange_and_rename)

        assert make(link) == ("linked", None)

        assert os.path.samefile(link.alias, link.target)
        assert sorted(os.listdir(root)) == ["Scripts", "bin"]

    @pytest.mark.parametrize("before", ["nothing", "other link", "left-over"])
    def test_many_at_once(self, root: Path, winapi: SimpleNamespace, before: str) -> None:
        """Many that make and remove the link at once all succeed, and the last state is right."""
        winapi.CreateJunction = create_junction(lambda _: os.sched_yield())
        with ThreadPoolExecutor(8) as pool:
            for _ in range(30):
                link = link_in(root)
                if before == "other link":
                    os.symlink("gone", link.alias)
                elif before == "left-over":
                    temporary(link).mkdir()
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(_filesystem, "_PAUSE", 0.01)
                    results = list(pool.map(lambda _: link_in(root).make(), range(8)))
                    verbs = [result.verb for result in results if result]
                    assert set(verbs) <= {"linked", "already linked"}
                    assert os.path.samefile(link.alias, link.target)
                    removed = list(pool.map(lambda _: link_in(root).remove(), range(8)))
                assert 1 <= len([result for result in removed if result]) <= 8
                assert sorted(os.listdir(root)) == ["Scripts"]

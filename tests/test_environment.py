"""Where an environment keeps things."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import posix
from virtualenv.run import session_via_cli

from virtualenv_link_bin_scripts._environment import Environment, LayoutError, find_directory
from virtualenv_link_bin_scripts._link import Link
from virtualenv_link_bin_scripts._options import OPTIONS

ROOT = Path("environment").resolve()


def links(environment: Environment, root: Path) -> dict[str, tuple[str, str]]:
    """Return an environment's aliases and targets, by the names of the links."""
    found = {}
    for option in OPTIONS:
        if option == "exe":
            continue
        for path, relative, _ in environment.links(option):
            link = Link(environment, path, relative)
            alias, target = (Path(path).relative_to(root).as_posix() for path in (link.alias, link.target))
            if os.name == "nt":  # pragma: win32 cover - where one is as good as the other
                target = target.replace("Lib/py", "lib/py")
            found[option] = alias, target
    return found


def layout(scripts: str, system: str, site_packages: str) -> dict[str, tuple[str, str]]:
    """Return the aliases and targets for an environment, by what virtualenv's creator would say of it."""
    creator: Any = SimpleNamespace(
        dest=ROOT,
        bin_dir=ROOT / scripts,
        purelib=ROOT / site_packages,
        interpreter=SimpleNamespace(os=system),
    )
    return links(Environment.from_creator(creator), ROOT)


def test_posix() -> None:
    """On POSIX the layout lacks three names."""
    assert layout("bin", "posix", "lib/python3.13/site-packages") == {
        "bin-scripts": ("Scripts", "bin"),
        "python-exe": ("bin/python.exe", "bin/python"),
        "site-packages": ("Lib/site-packages", "lib/python3.13/site-packages"),
    }


def test_windows() -> None:
    """On Windows it lacks one."""
    assert layout("Scripts", "nt", "Lib/site-packages") == {"bin-scripts": ("bin", "Scripts")}


def test_msys2() -> None:
    """MSYS2's Python has the layout of POSIX on Windows, but for the interpreter's name."""
    assert layout("bin", "nt", "lib/python3.12/site-packages") == {
        "bin-scripts": ("Scripts", "bin"),
        "site-packages": ("Lib/site-packages", "lib/python3.12/site-packages"),
    }


def test_pypy() -> None:
    """PyPy's interpreter is called python too, as in every environment."""
    assert layout("bin", "posix", "lib/pypy3.11/site-packages") == {
        "bin-scripts": ("Scripts", "bin"),
        "python-exe": ("bin/python.exe", "bin/python"),
        "site-packages": ("Lib/site-packages", "lib/pypy3.11/site-packages"),
    }


def test_pypy_on_windows() -> None:
    """PyPy's own name on Windows does not matter either."""
    assert layout("Scripts", "nt", "Lib/site-packages") == {"bin-scripts": ("bin", "Scripts")}


def test_creator(tmp_path: Path) -> None:
    """Where things are is what virtualenv's creator says."""
    creator = session_via_cli([str(tmp_path / "x")], setup_logging=False).creator

    ((alias, target, _),) = Environment.from_creator(creator).links("bin-scripts")

    assert os.path.join(creator.dest, target or "") == str(creator.bin_dir)
    assert os.path.dirname(alias) == str(creator.dest)


class TestFromDirectory:
    """An environment is described by what is in it, whoever made it, and for whatever system."""

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """Return a directory with a pyvenv.cfg as venv writes it."""
        root = tmp_path / ".venv"
        root.mkdir()
        (root / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.12.1\n", encoding="utf-8")
        return root

    def described(self, root: Path, *files: str) -> dict[str, tuple[str, str]]:
        """Put files into an environment and return its links."""
        for name in files:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).touch()
        return links(Environment.from_directory(str(root)), root)

    def refusal(self, path: Path) -> str:
        """Return why a path is no environment, or which part of its layout is unknown."""
        with pytest.raises(LayoutError) as caught:
            links(Environment.from_directory(str(path)), path)
        return str(caught.value)

    @pytest.mark.parametrize("name", ["python3.12", "pypy3.12", "graalpy24.1", "python3.14t"])
    def test_posix(self, root: Path, name: str) -> None:
        """The one site-packages is meant, whatever implementation and version it names."""
        assert self.described(root, "bin/python", f"lib/{name}/site-packages/module.py") == {
            "bin-scripts": ("Scripts", "bin"),
            "python-exe": ("bin/python.exe", "bin/python"),
            "site-packages": ("Lib/site-packages", f"lib/{name}/site-packages"),
        }

    def test_windows(self, root: Path) -> None:
        """On Windows one name is lacking."""
        described = self.described(root, "Scripts/python.exe", "Lib/site-packages/module.py")
        assert described == {"bin-scripts": ("bin", "Scripts")}

    def test_msys2(self, root: Path) -> None:
        """MSYS2's Python has the layout of POSIX, but for the interpreter's name."""
        assert self.described(root, "bin/python.exe", "lib/python3.12/site-packages/module.py") == {
            "bin-scripts": ("Scripts", "bin"),
            "site-packages": ("Lib/site-packages", "lib/python3.12/site-packages"),
        }

    @posix
    def test_interpreter_is_gone(self, root: Path) -> None:
        """The interpreter need not be there: a link to it is enough."""
        (root / "bin").mkdir()
        (root / "bin" / "python").symlink_to("/gone/python")
        assert self.described(root, "lib/python3.12/site-packages/module.py")["bin-scripts"] == ("Scripts", "bin")

    @posix
    def test_lib64(self, root: Path) -> None:
        """A link from lib64 to lib, as uv makes it, is no second site-packages."""
        (root / "lib64").symlink_to("lib")
        described = self.described(root, "bin/python", "lib/python3.12/site-packages/module.py")
        assert described["site-packages"] == ("Lib/site-packages", "lib/python3.12/site-packages")

    @posix
    def test_aliases_are_there(self, root: Path) -> None:
        """The aliases themselves do not count."""
        (root / "bin").mkdir()
        (root / "Scripts").symlink_to("bin")
        (root / "bin" / "python.exe").symlink_to("python")
        described = self.described(root, "bin/python", "lib/python3.12/site-packages/module.py")
        assert list(described) == ["bin-scripts", "python-exe", "site-packages"]

    def test_empty_directory(self, root: Path) -> None:
        """An empty directory is not a scripts directory."""
        (root / "Scripts").mkdir()
        described = self.described(root, "bin/python", "lib/python3.12/site-packages/module.py")
        assert described["bin-scripts"] == ("Scripts", "bin")

    @pytest.mark.parametrize("config", ["version = 3.12.1", "version_info = 3.12.1.final.0", "VERSION=3.12"])
    def test_several_versions(self, root: Path, config: str) -> None:
        """Of several site-packages, that of the interpreter's version is meant."""
        (root / "pyvenv.cfg").write_text(f"home = /usr/bin\n{config}\n", encoding="utf-8")
        described = self.described(
            root,
            "bin/python",
            "lib/python3.1/site-packages/module.py",
            "lib/python3.12/site-packages/module.py",
            "lib/python3.13/site-packages/module.py",
            "lib/python3.14/other.py",
        )
        assert described["site-packages"] == ("Lib/site-packages", "lib/python3.12/site-packages")

    @pytest.mark.parametrize("others", [["python3.12", "pypy3.12"], ["python3.12", "python3.12t"]])
    def test_several_site_packages(self, root: Path, others: list[str]) -> None:
        """More than one site-packages that could be meant is too many."""
        for name in others:
            (root / "lib" / name / "site-packages").mkdir(parents=True)
        (root / "bin").mkdir()
        (root / "bin" / "python").touch()
        assert (
            self.refusal(root)
            == f"{root / 'lib'}: found several site-packages, unclear which one is used: {', '.join(sorted(others))}"
        )

    @pytest.mark.parametrize("used", ["python3.12", "python3.12t"])
    @pytest.mark.parametrize("source", ["interpreter", "pyvenv.cfg"])
    @posix
    def test_free_threaded(self, root: Path, used: str, source: str) -> None:
        """Of a Python with a lock and one without, the one counts that the interpreter, or pyvenv.cfg, is called by."""
        for name in ("python3.12", "python3.12t"):
            (root / "lib" / name / "site-packages").mkdir(parents=True)
        (root / "bin").mkdir()
        if source == "interpreter":
            (root / "bin" / "python").symlink_to(f"/usr/bin/{used}")
        else:
            (root / "bin" / "python").touch()
            with (root / "pyvenv.cfg").open("a", encoding="utf-8") as file:
                file.write(f"executable = /usr/bin/{used}\n")
        assert self.described(root)["site-packages"] == ("Lib/site-packages", f"lib/{used}/site-packages")

    @pytest.mark.parametrize("config", ["", "version = 3.1"])
    def test_no_site_packages_of_the_version(self, root: Path, config: str) -> None:
        """Several site-packages, none of them of the interpreter's version, are none."""
        (root / "pyvenv.cfg").write_text(config, encoding="utf-8")
        for name in ("python3.12", "python3.13"):
            (root / "lib" / name / "site-packages").mkdir(parents=True)
        (root / "bin").mkdir()
        (root / "bin" / "python").touch()
        reason = "found several site-packages, unclear which one is used: python3.12, python3.13"
        assert self.refusal(root) == f"{root / 'lib'}: {reason}"

    def test_version_not_readable(self, as_ordinary_user: Path) -> None:
        """A pyvenv.cfg that can't be read is named."""
        root = as_ordinary_user
        for name in ("lib/python3.12/site-packages", "lib/python3.13/site-packages", "bin/python"):
            (root / name).mkdir(parents=True)
        (root / "pyvenv.cfg").touch(mode=0o000)
        assert self.refusal(root) == f"{root / 'pyvenv.cfg'}: could not be read - Permission denied"

    @posix
    def test_config_is_a_fifo(self, root: Path) -> None:
        """A pyvenv.cfg that is no file is not opened, which might not end."""
        for name in ("lib/python3.12/site-packages", "lib/python3.13/site-packages", "bin/python"):
            (root / name).mkdir(parents=True)
        (root / "pyvenv.cfg").unlink()
        os.mkfifo(root / "pyvenv.cfg")
        assert self.refusal(root) == f"{root / 'pyvenv.cfg'}: not a file"

    def test_site_packages_cannot_be_looked_at(self, as_ordinary_user: Path) -> None:
        """A site-packages that can't be looked at is not taken for none, though another one exists."""
        root = as_ordinary_user
        for name in ("lib/python3.12/site-packages", "lib/python3.13/site-packages", "bin/python"):
            (root / name).mkdir(parents=True)
        (root / "pyvenv.cfg").touch()
        (root / "lib" / "python3.13").chmod(0o000)
        refused = self.refusal(root)
        (root / "lib" / "python3.13").chmod(0o755)
        assert refused == f"{root / 'lib' / 'python3.13' / 'site-packages'}: Permission denied"

    @posix
    def test_what_is_no_site_packages(self, root: Path) -> None:
        """Neither a file, nor a link, nor nothing in a Python's directory is a site-packages."""
        (root / "pyvenv.cfg").write_text("", encoding="utf-8")
        for name in ("python3.1", "python3.2", "python3.3"):
            (root / "lib" / name).mkdir(parents=True)
        (root / "lib" / "python3.1" / "site-packages").touch()
        (root / "lib" / "python3.2" / "site-packages").symlink_to("../python3.12/site-packages")
        described = self.described(root, "bin/python", "lib/python3.12/site-packages/module.py")
        assert described["site-packages"] == ("Lib/site-packages", "lib/python3.12/site-packages")

    def test_empty_lib(self, root: Path) -> None:
        """In an empty directory lib there is no site-packages."""
        assert (
            self.refusal_of_site_packages(root, "bin/python", "lib/other") == f"{root / 'lib'}: found no site-packages"
        )

    def refusal_of_site_packages(self, root: Path, *files: str) -> str:
        """Put files into an environment and return why its site-packages is unknown."""
        for name in files:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).touch()
        return self.refusal(root)

    def test_no_lib(self, root: Path) -> None:
        """Without a directory lib there is no site-packages."""
        (root / "bin").mkdir()
        (root / "bin" / "python").touch()
        assert self.refusal(root) == f"{root / 'lib'}: no such directory"

    def test_no_directory(self, root: Path) -> None:
        """It has to be a directory."""
        assert self.refusal(root / "gone") == f"{root / 'gone'}: no such directory"

    def test_file(self, root: Path) -> None:
        """A file is no directory."""
        assert self.refusal(root / "pyvenv.cfg").startswith(f"{root / 'pyvenv.cfg'}: ")

    def test_no_environment(self, root: Path) -> None:
        """An environment has a pyvenv.cfg."""
        (root / "pyvenv.cfg").unlink()
        assert self.refusal(root) == f"{root}: not an environment: it has no pyvenv.cfg"

    @pytest.mark.parametrize("scripts", ["bin", "Scripts"])
    def test_directory_of_a_package(self, root: Path, scripts: str) -> None:
        """The scripts directory is the one with the interpreter, though a package installed a directory beside it."""
        other = "bin" if scripts == "Scripts" else "Scripts"
        described = self.described(
            root, f"{scripts}/python", f"{other}/tool", "lib/python3.12/site-packages/x", "Lib/site-packages/x"
        )
        assert described["bin-scripts"] == (other, scripts)

    def test_copy(self, root: Path) -> None:
        """Of two directories with an interpreter, none is the alias of the other."""
        for name in ("bin/python", "Scripts/python"):
            (root / name).parent.mkdir()
            (root / name).touch()
        reason = "both bin and Scripts have an interpreter; if one is a copy of the other, delete the copy"
        assert self.refusal(root) == f"{root}: {reason}"

    @posix
    def test_alias_appears(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """An alias that another process makes meanwhile is no scripts directory."""
        lstat = os.lstat

        def link_and_lstat(path: str) -> os.stat_result:
            if "Scripts" in path:
                monkeypatch.undo()
                os.symlink("bin", root / "Scripts")
            return lstat(path)

        monkeypatch.setattr(os, "lstat", link_and_lstat)

        described = self.described(root, "bin/python", "lib/python3.12/site-packages/module.py")
        assert described["bin-scripts"] == ("Scripts", "bin")
        assert os.path.islink(root / "Scripts")

    @posix
    @pytest.mark.parametrize("destination", ["Scripts", "{closed}/directory"])
    def test_alias_leads_nowhere(self, as_ordinary_user: Path, destination: str) -> None:
        """A link that can't be followed is no scripts directory."""
        root, closed = as_ordinary_user, as_ordinary_user / "closed"
        (root / "pyvenv.cfg").touch()
        closed.mkdir(mode=0o000)
        (root / "Scripts").symlink_to(destination.format(closed=closed))
        described = self.described(root, "bin/python", "lib/python3.12/site-packages/module.py")
        assert described["bin-scripts"] == ("Scripts", "bin")

    def test_scripts_directory_not_readable(self, as_ordinary_user: Path) -> None:
        """A scripts directory that can't be looked into is named."""
        root = as_ordinary_user
        (root / "pyvenv.cfg").touch()
        (root / "bin").mkdir(mode=0o000)
        assert self.refusal(root) == f"{root / 'bin'}: Permission denied"

    def test_scripts_directory_is_a_file(self, root: Path) -> None:
        """A file is no scripts directory."""
        (root / "bin").touch()
        assert self.refusal(root) == f"{root}: there is no interpreter in bin or Scripts"

    @pytest.mark.parametrize("name", ["bin", "Scripts", "other"])
    def test_no_interpreter(self, root: Path, name: str) -> None:
        """An environment has an interpreter in its scripts directory."""
        (root / name).mkdir()
        (root / name / "tool").touch()
        assert self.refusal(root) == f"{root}: there is no interpreter in bin or Scripts"


@posix
class TestPrograms:
    """The option exe is about every program but the interpreter, by the name that Windows gives it."""

    @pytest.fixture
    def scripts(self, tmp_path: Path) -> Path:
        """Return a scripts directory with an interpreter."""
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "python").touch(mode=0o755)
        return tmp_path / "bin"

    def listed(self, scripts: Path) -> dict[str, str | None]:
        """Return the targets by the aliases."""
        links = Environment(str(scripts.parent), str(scripts), "python", None).links("exe")
        assert all(os.path.dirname(alias) == str(scripts) for alias, *_ in links)
        return {os.path.basename(alias): target for alias, target, _ in links}

    @pytest.mark.parametrize(
        "name", ["pip", "pip3.13", "python3", "python3.13", "python3.13t", "2to3-3.13", "py.test", "a b"]
    )
    def test_program(self, scripts: Path, name: str) -> None:
        """An executable file without an extension that Windows keeps is a program, and so is a link to one."""
        (scripts / name).touch(mode=0o755)
        (scripts / f"link-to-{name}").symlink_to(name)
        assert self.listed(scripts) == {
            f"{name}.exe": name,
            f"link-to-{name}.exe": f"link-to-{name}",
        }

    @pytest.mark.parametrize(
        "name",
        ["script.py", "run.sh", "run.bat", "run.ps1", "tool.exe", ".hidden"],
    )
    def test_other_extension(self, scripts: Path, name: str) -> None:
        """A file with another extension has the same name on Windows."""
        (scripts / name).touch(mode=0o755)
        assert self.listed(scripts) == {}

    def test_no_program(self, scripts: Path) -> None:
        """What can't be run is no program: an activation script, a directory, a link to nothing or in a circle."""
        (scripts / "activate").touch(mode=0o644)
        (scripts / "directory").mkdir()
        (scripts / "dangling").symlink_to("gone")
        (scripts / "circle").symlink_to("circle")
        (scripts / "below").symlink_to("python/below")
        assert self.listed(scripts) == {}

    def test_odd_link(self, scripts: Path) -> None:
        """A link that the system refuses to follow is no program, and in nobody's way."""
        (scripts / "odd").symlink_to("x" * 300)
        (scripts / "tool").touch(mode=0o755)
        assert self.listed(scripts) == {"tool.exe": "tool"}

    def test_left_over(self, scripts: Path) -> None:
        """A left-over of a link to a program that is gone is found, so that it can be cleared away."""
        (scripts / "gone.exe.virtualenv-link-bin-scripts").symlink_to("gone")
        ((alias, target, listed),) = Environment(str(scripts.parent), str(scripts), "python", None).links("exe")
        assert (os.path.basename(alias), target) == ("gone.exe", "gone")
        assert listed
        assert listed.has_left_over
        assert listed.is_stale

    def test_own_links(self, scripts: Path) -> None:
        """Own links count as such, and those whose programs are gone are stale; other links are somebody else's."""
        (scripts / "tool").touch(mode=0o755)
        (scripts / "data").touch(mode=0o644)
        for name, destination in (("tool", "tool"), ("data", "data"), ("gone", "gone"), ("other", "tool")):
            (scripts / f"{name}.exe").symlink_to(destination)
        assert self.listed(scripts) == {
            "tool.exe": "tool",
            "data.exe": "data",
            "gone.exe": "gone",
        }

    def test_looks(self, scripts: Path) -> None:
        """With all links in place, one listing and one readlink for each are all that it takes."""
        for number in range(20):
            (scripts / f"tool{number}").touch(mode=0o755)
            (scripts / f"tool{number}.exe").symlink_to(f"tool{number}")
        looks = []
        readlink = os.readlink

        def count(path: str, *, dir_fd: int | None = None) -> str:
            looks.append(path)
            return readlink(path, dir_fd=dir_fd)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "readlink", count)
            for name in ("lstat", "stat"):
                patch.setattr(os, name, pytest.fail)
            listed = self.listed(scripts)
        assert len(listed) == 20
        assert len(looks) == 20

    def test_not_readable(self, as_ordinary_user: Path) -> None:
        """A scripts directory that can't be listed is an error that names it."""
        (as_ordinary_user / "bin").mkdir(mode=0o300)
        with pytest.raises(LayoutError) as caught:
            self.listed(as_ordinary_user / "bin")
        assert str(caught.value) == f"{as_ordinary_user / 'bin'}: Permission denied"


def test_programs_on_windows(tmp_path: Path) -> None:
    """On Windows nothing is left to do."""
    (tmp_path / "Scripts").mkdir()
    (tmp_path / "Scripts" / "tool.exe").touch()
    environment = Environment(str(tmp_path), str(tmp_path / "Scripts"), "python.exe", None)
    assert environment.links("exe") == []


def test_overlay_of_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below an overlay there may be no environment, as with ``uv run --no-project``; then the others count."""
    (tmp_path / "overlay").mkdir()
    (tmp_path / "overlay" / "pyvenv.cfg").write_text(f"extends-environment = {tmp_path}\n", encoding="utf-8")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "overlay"))
    variables = {"VIRTUAL_ENV": str(tmp_path / "overlay")}
    with pytest.raises(LayoutError, match="VIRTUAL_ENV is not set"):
        find_directory(variables)
    (tmp_path / ".venv").mkdir()
    assert find_directory(variables) == str(tmp_path / ".venv")


def test_active_environment_without_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is meant, too, if it turns out to be none, which is reported then."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert find_directory({"VIRTUAL_ENV": str(tmp_path)}) == str(tmp_path)


def test_active_environment() -> None:
    """The environment that this process runs in is meant if it is active, and is not looked for."""
    assert find_directory({"VIRTUAL_ENV": sys.prefix, "UV_PROJECT_ENVIRONMENT": "gone"}) == sys.prefix


class TestRedirect:
    """A file .venv names the environment in its first line, as uv and virtualenv write it."""

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        """Return the file's path, beside an environment with the name env."""
        (tmp_path / "env" / "bin").mkdir(parents=True)
        (tmp_path / "env" / "bin" / "python").touch()
        (tmp_path / "env" / "pyvenv.cfg").touch()
        return tmp_path / ".venv"

    @pytest.mark.parametrize(
        "text", ["env", "env\n", "env\r\n", "\N{BYTE ORDER MARK}env\n", "./env\nanything else\n", "{absolute}\n"]
    )
    def test_followed(self, file: Path, text: str) -> None:
        """The line is a path, seen from the file's directory."""
        file.write_bytes(text.replace("{absolute}", str(file.with_name("env"))).encode())
        assert Environment.from_directory(str(file)).directory == str(file.with_name("env"))

    @pytest.mark.parametrize("text", ["", "\nenv\n"])
    def test_empty(self, file: Path, text: str) -> None:
        """A file that names nothing is a mistake."""
        file.write_text(text, encoding="utf-8")
        assert self.refusal(file) == f"{file}: its first line is empty"

    def test_gone(self, file: Path) -> None:
        """A name of nothing is a mistake."""
        file.write_text("gone\n", encoding="utf-8")
        assert self.refusal(file) == f"{file.with_name('gone')}: no such directory"

    def test_not_utf8(self, file: Path) -> None:
        """The file has to be UTF-8."""
        file.write_bytes(b"\xff\n")
        assert self.refusal(file).startswith(f"{file}: expected UTF-8 - ")

    def test_not_readable(self, as_ordinary_user: Path) -> None:
        """A file that can't be read is named."""
        file = as_ordinary_user / ".venv"
        file.touch(mode=0o000)
        assert self.refusal(file) == f"{file}: could not be read - Permission denied"

    def test_other_file(self, file: Path) -> None:
        """No other file is read."""
        other = file.with_name("other")
        other.write_text("env\n", encoding="utf-8")
        assert self.refusal(other).startswith(f"{other}: ")

    def refusal(self, path: Path) -> str:
        """Return why a path is no environment."""
        with pytest.raises(LayoutError) as caught:
            Environment.from_directory(str(path))
        return str(caught.value)

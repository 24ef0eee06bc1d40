"""What users of Windows get, there: with junctions and, as in Wine and on exFAT, without."""

from __future__ import annotations

import os
import sys
import venv
from pathlib import Path

import pytest
from helpers import run, windows
from virtualenv.seed.wheels.embed import get_embed_wheel

from virtualenv_link_bin_scripts._cli import main
from virtualenv_link_bin_scripts._link import LinkError
from virtualenv_link_bin_scripts._windows import Junction

pytestmark = windows

ERROR = "virtualenv-link-bin-scripts: error:"
PREFIX = "import sys; print(sys.prefix)"

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def real_environment(tmp_path: Path) -> Path:  # pragma: win32 cover
    """Return an environment of ``venv``, which has no ``python3.exe``."""
    venv.create(tmp_path / ".venv")
    return tmp_path / ".venv"


def install_pip(python: Path) -> None:  # pragma: win32 cover
    """Install pip as a package that has programs, by an interpreter of an environment, without a network."""
    wheel = get_embed_wheel("pip", f"{sys.version_info.major}.{sys.version_info.minor}")
    assert wheel
    install = ["-m", "pip", "install", "--quiet", "--no-index", "--force-reinstall", "--no-warn-script-location"]
    run(python, *install, wheel.path, env={"PYTHONPATH": str(wheel.path)})


@pytest.mark.usefixtures("junctions")
class TestWithJunctions:  # pragma: win32 cover
    """Where the file system has junctions."""

    def test_output(self, real_environment: Path, capsys: Capture) -> None:
        """The command says what it links, removes it again, and leaves the environment working."""
        assert main([]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "linked .venv\\bin -> Scripts",
            "linked .venv\\Scripts\\python3.exe -> python.exe",
        ]
        assert main(["--check"]) == 0
        assert capsys.readouterr().out == ".venv: 2 links in place\n"
        assert main(["--remove"]) == 0
        assert capsys.readouterr().out.splitlines() == [
            f"removed .venv\\bin -> {real_environment}\\Scripts",
            "removed .venv\\Scripts\\python3.exe -> python.exe",
        ]
        assert run(real_environment / "Scripts" / "python.exe", "-c", PREFIX) == f"{real_environment}\n"

    @pytest.mark.parametrize("name", ["bin/python", "bin/python3", "bin/python.exe", "Scripts/python3"])
    def test_interpreter(self, real_environment: Path, name: str) -> None:
        """The interpreter belongs to the environment by each name that is new on Windows."""
        main(["--quiet"])

        assert run(real_environment / name, "-c", PREFIX) == f"{real_environment}\n"

    def test_program(self, real_environment: Path) -> None:
        """A program runs by the path that it has on POSIX."""
        install_pip(real_environment / "Scripts" / "python.exe")
        main(["--quiet"])

        assert str(real_environment) in run(real_environment / "bin" / "pip", "--version")

    def test_virtualenv(self, tmp_path: Path) -> None:
        """In an environment made by virtualenv, every name of the interpreter works, and there is no warning."""
        links = ["--link-bin-scripts", "--link-exe", "--link-site-packages"]
        output = run(sys.executable, "-m", "virtualenv", "--without-pip", *links, "x")

        for name in ("bin/python", "bin/python3", "bin/python.exe", "Scripts/python.exe", "Scripts/python3"):
            assert run(tmp_path / "x" / name, "-c", PREFIX) == f"{tmp_path / 'x'}\n"
        assert "virtualenv-link-bin-scripts: " not in output

    def test_virtualenv_again(self, tmp_path: Path) -> None:
        """With --clear, which follows no junction, the link is made again."""
        virtualenv = [sys.executable, "-m", "virtualenv", "--without-pip", "--link-bin-scripts", "x"]
        run(*virtualenv)

        output = run(*virtualenv, "--clear")

        assert run(tmp_path / "x" / "bin" / "python", "-c", PREFIX) == f"{tmp_path / 'x'}\n"
        assert "virtualenv-link-bin-scripts: " not in output

    def test_script_that_runs_through_it(self, real_environment: Path, capsys: Capture) -> None:
        """A junction that a program was installed through is kept, until that is reinstalled."""
        main(["--quiet"])
        install_pip(real_environment / "bin" / "python.exe")

        assert main(["--remove", "--link-bin-scripts"]) == 1

        assert f"kept {real_environment}\\bin: pip" in capsys.readouterr().err
        install_pip(real_environment / "Scripts" / "python.exe")
        assert main(["--remove"]) == 0
        assert str(real_environment) in run(real_environment / "Scripts" / "pip.exe", "--version")

    def test_cmd(self, real_environment: Path, tmp_path: Path) -> None:
        """In ``cmd.exe``, the activation script works by the path that it has on POSIX."""
        main(["--quiet"])
        script = tmp_path / "script.bat"
        lines = f'@call "{real_environment}\\bin\\activate.bat"\n@python -c "{PREFIX}"\n'
        script.write_text(lines, encoding="utf-8")

        assert run("cmd", "/d", "/c", script) == f"{real_environment}\n"

    def test_powershell(self, real_environment: Path, tmp_path: Path) -> None:
        """In PowerShell, the activation script works by the path that it has on POSIX."""
        main(["--quiet"])
        script = tmp_path / "script.ps1"
        lines = f'& "{real_environment}\\bin\\Activate.ps1"\npython -c "{PREFIX}"\n'
        script.write_text(lines, encoding="utf-8")

        assert run("powershell", "-ExecutionPolicy", "Bypass", "-File", script) == f"{real_environment}\n"


class TestInterpreter:  # pragma: win32 cover
    """``Scripts/python3.exe``, a hard link, in an environment that has no ``python3.exe``."""

    @pytest.fixture(autouse=True)
    def python3(self, real_environment: Path) -> Path:
        """Return the interpreter by its second name."""
        main(["--quiet"])
        return real_environment / "Scripts" / "python3.exe"

    def test_prefix(self, python3: Path, real_environment: Path) -> None:
        """It finds its environment and its base interpreter, and so do the processes that it starts."""
        code = "import subprocess, sys; print(sys.base_prefix, flush=True)"
        code += f"; subprocess.call([sys.executable, '-c', {PREFIX!r}])"

        assert run(python3, "-c", code).splitlines() == [sys.base_prefix, str(real_environment)]

    def test_pip(self, python3: Path, real_environment: Path) -> None:
        """It installs packages, whose programs run."""
        install_pip(python3)

        assert str(real_environment) in run(real_environment / "Scripts" / "pip.exe", "--version")

    def test_kept(self, python3: Path, real_environment: Path, capsys: Capture) -> None:
        """It is kept if a program was installed through it."""
        install_pip(python3)

        assert main(["--remove", "--link-bin-scripts"]) == 1

        assert f"kept {real_environment}\\Scripts\\python3.exe: pip" in capsys.readouterr().err
        assert python3.exists()

    def test_venv(self, python3: Path, tmp_path: Path) -> None:
        """It makes an environment that works."""
        run(python3, "-m", "venv", "--without-pip", tmp_path / "new")

        assert run(tmp_path / "new" / "Scripts" / "python.exe", "-c", PREFIX) == f"{tmp_path / 'new'}\n"

    def test_virtualenv(self, python3: Path, tmp_path: Path) -> None:
        """It runs virtualenv, which makes an environment that works."""
        path = os.pathsep.join(sys.path)
        run(python3, "-m", "virtualenv", "--without-pip", tmp_path / "new", env={"PYTHONPATH": path})

        assert run(tmp_path / "new" / "Scripts" / "python.exe", "-c", PREFIX) == f"{tmp_path / 'new'}\n"


class TestWithoutJunctions:  # pragma: win32 cover
    """Where the file system has no junctions."""

    @pytest.fixture(autouse=True)
    def _no_junctions(self, tmp_path: Path) -> None:
        """Skip a test where it has junctions."""
        try:
            Junction(str(tmp_path), "probe", ".").make()
        except LinkError:
            return
        pytest.skip("the file system has junctions")

    def test_command(self, real_environment: Path, capsys: Capture) -> None:
        """The command gives the system's reason, leaves no directory behind, and makes the other link."""
        status = main([])

        assert status == 1
        printed = capsys.readouterr()
        assert printed.out == "linked .venv\\Scripts\\python3.exe -> python.exe\n"
        assert printed.err.startswith(f"{ERROR} could not link {real_environment}\\bin: ")
        assert not [path.name for path in real_environment.iterdir() if path.name.startswith("bin")]

    def test_virtualenv(self, tmp_path: Path) -> None:
        """The environment is complete, and one warning says which link could not be made."""
        output = run(sys.executable, "-m", "virtualenv", "--without-pip", "--link-bin-scripts", "x")

        assert output.count("virtualenv-link-bin-scripts: could not link ") == 1
        assert run(tmp_path / "x" / "Scripts" / "python3.exe", "-c", PREFIX) == f"{tmp_path / 'x'}\n"
        assert (tmp_path / "x" / "Scripts" / "activate.bat").exists()

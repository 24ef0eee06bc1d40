"""Which environment the command is for, if the command line does not name one."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from helpers import make_environment

from virtualenv_link_bin_scripts._environment import LayoutError, MissingError
from virtualenv_link_bin_scripts._find import find_environment, follow_redirect

if TYPE_CHECKING:
    from pathlib import Path


class TestFindEnvironment:
    """The environment that is found."""

    def test_working_directory(self, tmp_path: Path) -> None:
        """It is ``.venv`` in the working directory."""
        make_environment(tmp_path / ".venv")

        assert find_environment({}) == str(tmp_path / ".venv")

    def test_above(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is ``.venv`` in the nearest directory above."""
        make_environment(tmp_path / ".venv")
        make_environment(tmp_path / "project" / ".venv")
        (tmp_path / "project" / "below").mkdir()
        monkeypatch.chdir(tmp_path / "project" / "below")

        assert find_environment({}) == str(tmp_path / "project" / ".venv")

    def test_chosen(self, tmp_path: Path) -> None:
        """It is the one that UV_PROJECT_ENVIRONMENT names, rather than ``.venv``."""
        make_environment(tmp_path / ".venv")
        make_environment(tmp_path / "chosen")

        assert find_environment({"UV_PROJECT_ENVIRONMENT": "chosen"}) == str(tmp_path / "chosen")

    def test_chosen_by_absolute_path(self, tmp_path: Path) -> None:
        """UV_PROJECT_ENVIRONMENT may be an absolute path."""
        chosen = str(make_environment(tmp_path / "elsewhere" / "chosen"))

        assert find_environment({"UV_PROJECT_ENVIRONMENT": chosen}) == chosen

    def test_running_in(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is the active environment if the command runs in that, as by ``uv run``, rather than ``.venv``."""
        make_environment(tmp_path / ".venv")
        active = str(make_environment(tmp_path / "active"))
        monkeypatch.setattr(sys, "prefix", active)  # where the command runs

        assert find_environment({"VIRTUAL_ENV": active}) == active

    def test_active_but_running_elsewhere(self, tmp_path: Path) -> None:
        """It is ``.venv`` if the command runs elsewhere, as by ``uvx``, although another environment is active."""
        make_environment(tmp_path / ".venv")
        active = str(make_environment(tmp_path / "active"))

        assert find_environment({"VIRTUAL_ENV": active}) == str(tmp_path / ".venv")

    def test_active(self, tmp_path: Path) -> None:
        """It is the active environment if there is no ``.venv``."""
        active = str(make_environment(tmp_path / "active"))

        assert find_environment({"VIRTUAL_ENV": active}) == active


class TestOverlay:
    """The overlay in which ``uv run --with`` runs a command."""

    @pytest.fixture
    def overlay(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Run in an environment that is active, too."""
        overlay = make_environment(tmp_path / "overlay")
        monkeypatch.setattr(sys, "prefix", str(overlay))
        return overlay

    def test_extends(self, overlay: Path, tmp_path: Path) -> None:
        """The environment that is below the overlay, as pyvenv.cfg says, is found."""
        below = make_environment(tmp_path / "below")
        (overlay / "pyvenv.cfg").write_text(f"extends-environment = {below}\n", encoding="utf-8")

        assert find_environment({"VIRTUAL_ENV": str(overlay)}) == str(below)

    def test_extends_an_interpreter(self, overlay: Path, tmp_path: Path) -> None:
        """If a base interpreter is below, as outside of a project, ``.venv`` is found."""
        make_environment(tmp_path / ".venv")
        (overlay / "pyvenv.cfg").write_text(f"extends-environment = {tmp_path}\n", encoding="utf-8")

        assert find_environment({"VIRTUAL_ENV": str(overlay)}) == str(tmp_path / ".venv")

    def test_old_uv(self, overlay: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """If pyvenv.cfg doesn't say what is below, as before uv 0.7.9, ``.venv`` is found."""
        make_environment(tmp_path / ".venv")
        (overlay / "_uv_ephemeral_overlay.pth").touch()
        monkeypatch.setattr(sys, "path", [str(overlay)])

        assert find_environment({"VIRTUAL_ENV": str(overlay)}) == str(tmp_path / ".venv")


class TestMissing:
    """What is said if no environment is found."""

    @pytest.fixture(autouse=True)
    def root(self, monkeypatch: pytest.MonkeyPatch) -> str:
        """Run in the root directory, above which is nothing."""
        root = os.path.abspath(os.sep)
        monkeypatch.chdir(root)
        return root

    def test_no_environment(self, root: str) -> None:
        """The message says what to do."""
        with pytest.raises(MissingError) as caught:
            find_environment({})

        reason = "and no environment is active; create one, or pass its path"
        assert str(caught.value) == f"no .venv in {root} or any directory above, {reason}"

    def test_active_is_gone(self, root: str) -> None:
        """If the active environment has been deleted, the message says so."""
        with pytest.raises(MissingError) as caught:
            find_environment({"VIRTUAL_ENV": "/gone"})

        reason = "and /gone, which VIRTUAL_ENV names, does not exist; create one, or pass its path"
        assert str(caught.value) == f"no .venv in {root} or any directory above, {reason}"

    def test_chosen_is_gone(self, root: str) -> None:
        """If the environment that UV_PROJECT_ENVIRONMENT names has been deleted, the message says so."""
        with pytest.raises(MissingError) as caught:
            find_environment({"UV_PROJECT_ENVIRONMENT": "gone"})

        assert str(caught.value) == f"no gone, which UV_PROJECT_ENVIRONMENT names, in {root} or any directory above"


class TestFollowRedirect:
    """A file ``.venv`` that names an environment."""

    @pytest.mark.parametrize("content", [b"elsewhere/x\n", b"elsewhere/x\r\nmore", b"\xef\xbb\xbfelsewhere/x"])
    def test_relative(self, tmp_path: Path, content: bytes) -> None:
        """The first line of the file is a path relative to it, whichever editor wrote it."""
        (tmp_path / ".venv").write_bytes(content)

        assert follow_redirect(str(tmp_path / ".venv")) == str(tmp_path / "elsewhere" / "x")

    def test_other_name(self, tmp_path: Path) -> None:
        """Only a file with this name is read."""
        (tmp_path / "venv").write_text("elsewhere\n", encoding="utf-8")

        assert follow_redirect(str(tmp_path / "venv")) == str(tmp_path / "venv")

    def test_directory(self, environment: Path) -> None:
        """A directory of that name is the environment itself."""
        assert follow_redirect(str(environment)) == str(environment)

    def test_other_encoding(self, tmp_path: Path) -> None:
        """In another encoding than UTF-8, the path is wrong, but that is no reason for a traceback."""
        (tmp_path / ".venv").write_bytes(b"andr\xe9\n")

        assert follow_redirect(str(tmp_path / ".venv")) == str(tmp_path / "andr\ufffd")

    @pytest.mark.parametrize("content", [b"", "elsewhere/x\n".encode("utf-16")])
    def test_no_path(self, tmp_path: Path, content: bytes) -> None:
        """An empty file is an error, and so is one in UTF-16, which ``echo`` of PowerShell 5.1 writes."""
        (tmp_path / ".venv").write_bytes(content)

        with pytest.raises(LayoutError) as caught:
            follow_redirect(str(tmp_path / ".venv"))

        reason = "expected the path of an environment on its first line, in UTF-8"
        assert str(caught.value) == f"{tmp_path / '.venv'}: {reason}"

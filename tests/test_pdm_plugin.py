"""The seam to PDM, with a fake of its signals: PDM is unavailable for some Pythons. The front ends run the real one."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from conftest import NATIVE, OTHER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Receiver = Callable[..., None]


@pytest.fixture
def receivers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Receiver]:
    """Return what the plugin connects to PDM's signals, by the signals' names."""
    receivers: dict[str, Receiver] = {}

    def signal(name: str) -> SimpleNamespace:
        return SimpleNamespace(connect=lambda receiver: receivers.update({name: receiver}))

    signals: Any = ModuleType("pdm.signals")
    signals.pdm_signals = SimpleNamespace(signal=signal)
    monkeypatch.setitem(sys.modules, "pdm", ModuleType("pdm"))
    monkeypatch.setitem(sys.modules, "pdm.signals", signals)
    monkeypatch.delitem(sys.modules, "virtualenv_link_bin_scripts.pdm_plugin", raising=False)
    importlib.import_module("virtualenv_link_bin_scripts.pdm_plugin").connect(None)
    return receivers


def make_project(root: Path, environment: Path | None) -> SimpleNamespace:
    """Return a project of PDM's that uses an environment, or none."""
    virtual_environment = environment and SimpleNamespace(root=environment)
    interpreter = SimpleNamespace(get_venv=lambda: virtual_environment)
    used = SimpleNamespace(interpreter=interpreter)
    return SimpleNamespace(root=root, environment=used, _environment=used)


SIGNALS = ["post_install", "post_lock", "post_run", "post_use"]


@pytest.mark.usefixtures("links")
@pytest.mark.parametrize("signal", SIGNALS)
def test_completes_environment(receivers: dict[str, Receiver], tmp_path: Path, signal: str) -> None:
    """The project's environment, wherever it is, is completed at each signal at which it exists."""
    environment, project = tmp_path / "environment", tmp_path / "project"
    (environment / NATIVE).mkdir(parents=True)
    (environment / NATIVE / "python").touch()
    (environment / "pyvenv.cfg").touch()
    project.mkdir()
    table = "[tool.virtualenv-link-bin-scripts]\nbin-scripts = true\n"
    (project / "pyproject.toml").write_text(table, encoding="utf-8")

    receivers[signal](make_project(project, environment), hooks=None)

    assert (environment / OTHER).samefile(environment / NATIVE)


@pytest.mark.parametrize("signal", SIGNALS)
def test_no_environment(
    receivers: dict[str, Receiver], tmp_path: Path, signal: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A project without an environment is passed over, and so are all by a PDM that knows of none, before 2.6."""
    project = make_project(tmp_path, None)
    receivers[signal](project, dry_run=False)
    del project.environment.interpreter.get_venv
    receivers[signal](project, dry_run=False)
    assert caplog.messages == []


@pytest.mark.parametrize("signal", SIGNALS)
def test_environment_is_not_created(receivers: dict[str, Receiver], signal: str) -> None:
    """Where PDM has done without an environment, as for a script with its own, none is created."""

    class Project:
        _environment = None

        @property
        def environment(self) -> None:  # pragma: no cover
            pytest.fail("an environment was created")

    receivers[signal](Project())


@pytest.mark.usefixtures("links")
def test_workspace(receivers: dict[str, Receiver], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a workspace's member is the workspace's."""
    (tmp_path / NATIVE).mkdir()
    (tmp_path / NATIVE / "python").touch()
    (tmp_path / "pyvenv.cfg").touch()
    monkeypatch.setenv("VIRTUALENV_LINK_BIN_SCRIPTS", "1")
    receivers["post_install"](SimpleNamespace(workspace_project=make_project(tmp_path, tmp_path)))
    assert (tmp_path / OTHER).samefile(tmp_path / NATIVE)


def test_error(receivers: dict[str, Receiver], caplog: pytest.LogCaptureFixture) -> None:
    """Whatever goes wrong is logged, and never raised."""
    receivers["post_install"](SimpleNamespace(_environment=True))
    (message,) = caplog.messages
    assert message.startswith("virtualenv-link-bin-scripts: could not add links - AttributeError")

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
    return SimpleNamespace(root=root, environment=SimpleNamespace(interpreter=interpreter))


SIGNALS = ["post_install", "post_lock", "post_use", "pre_run"]


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


def test_error(receivers: dict[str, Receiver], caplog: pytest.LogCaptureFixture) -> None:
    """Whatever goes wrong is logged, and never raised."""
    receivers["post_install"](SimpleNamespace())
    (message,) = caplog.messages
    assert message.startswith("virtualenv-link-bin-scripts: could not add links - AttributeError")

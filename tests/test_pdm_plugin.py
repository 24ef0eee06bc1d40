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

    def make_signal(name: str) -> SimpleNamespace:
        return SimpleNamespace(connect=lambda receiver: receivers.update({name: receiver}))

    signals: Any = ModuleType("pdm.signals")
    signals.post_install, signals.post_use = make_signal("post_install"), make_signal("post_use")
    monkeypatch.setitem(sys.modules, "pdm", ModuleType("pdm"))
    monkeypatch.setitem(sys.modules, "pdm.signals", signals)
    monkeypatch.delitem(sys.modules, "virtualenv_link_bin_scripts.pdm_plugin", raising=False)
    importlib.import_module("virtualenv_link_bin_scripts.pdm_plugin").connect(None)
    return receivers


def make_project(environment: SimpleNamespace | None) -> SimpleNamespace:
    """Return a project of PDM's that uses an environment, or none."""
    return SimpleNamespace(environment=SimpleNamespace(interpreter=SimpleNamespace(get_venv=lambda: environment)))


@pytest.mark.usefixtures("links")
@pytest.mark.parametrize("signal", ["post_install", "post_use"])
def test_completes_environment(
    receivers: dict[str, Receiver], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signal: str
) -> None:
    """The project's environment is completed after either signal."""
    (tmp_path / NATIVE).mkdir()
    (tmp_path / NATIVE / "python").touch()
    (tmp_path / "pyvenv.cfg").touch()
    monkeypatch.setenv("VIRTUALENV_LINK_BIN_SCRIPTS", "1")

    receivers[signal](make_project(SimpleNamespace(root=tmp_path)), hooks=None)

    assert (tmp_path / OTHER).samefile(tmp_path / NATIVE)


@pytest.mark.parametrize("signal", ["post_install", "post_use"])
def test_no_environment(receivers: dict[str, Receiver], signal: str) -> None:
    """A project without an environment is passed over."""
    receivers[signal](make_project(None), dry_run=False)

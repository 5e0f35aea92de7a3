"""What `import spinnaker2` finds, where, and what is said of names that are not there."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from s2studio.compat import install
from s2studio.errors import NetworkError, UsageError


def test_that_spinnaker2_and_its_submodules_are_ours_under_both_names(spinnaker2: None) -> None:
    snn = importlib.import_module("spinnaker2.snn")
    common = importlib.import_module("spinnaker2.neuron_models.common")

    assert snn is importlib.import_module("s2studio.compat.spinnaker2.snn")
    assert common is importlib.import_module("s2studio.compat.spinnaker2.neuron_models.common")
    assert snn.__spec__ is not None
    assert snn.__spec__.name == "s2studio.compat.spinnaker2.snn"


def test_that_no_other_process_and_no_process_before_install_has_it(repository: Path) -> None:
    code = "import s2studio.compat\ntry:\n    import spinnaker2\nexcept ModuleNotFoundError:\n    print('none')"
    found = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True)

    assert found.stdout == "none\n", found.stderr


@pytest.mark.parametrize(
    "code",
    [
        "from spinnaker2 import hardware, snn, s2_nir, helpers, ann2snn_helpers, brian2_sim",
        "import spinnaker2; spinnaker2.helpers.spike_times_dict_to_arrays({})",
        "import spinnaker2.neuron_models.lif_neuron; spinnaker2.neuron_models.lif_neuron.LIFApplication.profiling = 1",
        "from spinnaker2.experiment_backends import BackendSettings, ExperimentBackendType, ROUTING",
        "from spinnaker2.neuron_models.common import DVFSParams, PmgtMode; DVFSParams(PmgtMode.PL_MODE_AUTO, 30)",
        "from spinnaker2 import hardware; assert not hasattr(hardware, 'SpiNNaker3Chip')",
        "from spinnaker2 import neuron_models",
    ],
)
def test_that_scripts_import_in_every_way_they_know(spinnaker2: None, code: str) -> None:
    exec(code, {"__name__": "script"})


@pytest.mark.parametrize(
    ("code", "named", "listed"),
    [
        ("import spinnaker2.mapper", "'spinnaker2.mapper'", "snn, hardware, brian2_sim"),
        ("from spinnaker2 import mapper", "'mapper'", "snn, hardware, brian2_sim"),
        ("from spinnaker2.snn import STDP", "'STDP'", "Population, Projection"),
        ("from spinnaker2.neuron_models import izhikevich", "'izhikevich'", "lif_neuron, lif_curr_exp"),
        ("import spinnaker2.neuron_models.izhikevich", "'spinnaker2.neuron_models.izhikevich'", "lif_neuron"),
        ("from spinnaker2.helpers import plot_all", "'plot_all'", "spike_times_to_matrix"),
    ],
)
def test_that_a_name_which_is_not_covered_is_named_with_those_that_are(
    spinnaker2: None, code: str, named: str, listed: str
) -> None:
    with pytest.raises(ImportError) as problem:
        exec(code, {"__name__": "script"})

    assert named in str(problem.value)
    assert listed in str(problem.value)
    assert "coming-from-py-spinnaker2" in str(problem.value)


def test_that_an_attribute_which_is_not_covered_is_named_with_those_that_are(spinnaker2: None) -> None:
    snn = importlib.import_module("spinnaker2.snn")

    with pytest.raises(AttributeError, match=r"'spinnaker2.snn' has no 'Assembly'; it has Population, Projection"):
        getattr(snn, "Assembly")  # noqa: B009 - what a script does


@pytest.mark.parametrize("model", ["izhikevich", "lif_adaptive_threshold", "qubo_neuron", "neurofem_2048"])
def test_that_a_neuron_model_without_published_equations_is_refused_by_name(spinnaker2: None, model: str) -> None:
    snn = importlib.import_module("spinnaker2.snn")

    with pytest.raises(NetworkError, match=rf"'{model}' does not run here, those that run are lif, lif_no_delay"):
        snn.Population(size=3, neuron_model=model, params={}, name="pop")


def test_that_install_comes_before_another_spinnaker2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setitem(sys.modules, "spinnaker2", sys)

    with pytest.raises(UsageError, match="imported already"):
        install()

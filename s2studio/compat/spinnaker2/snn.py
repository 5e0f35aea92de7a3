"""`spinnaker2.snn`: populations, projections and networks, to be changed by scripts until `hw.run` reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.compat.names import check_model, unknown_name, warn
from s2studio.compat.results import PopulationResults
from s2studio.compat.synapses import Synapses, synapses_of
from s2studio.errors import NetworkError
from s2studio.snn.models import MODELS

FloatArray = NDArray[np.float64]


class Population:
    """`size` neurons of one model.

    `params` is read at every run: parameters by name, or spikes {neuron: [tick, ...]} for a `spike_list`. `record`
    lists what the board keeps (default: the spikes, of a source nothing). `nir_v_scale` and `nir_w_scale`, where
    `s2_nir` made the population, turn the model's voltages and weights into the chip's.
    """

    def __init__(
        self, size: int, neuron_model: str, params: Any = None, name: str = "", record: Iterable[str] | None = None
    ) -> None:
        check_model(f"population '{name}'" if name else "population", neuron_model)
        self.size = size
        self.neuron_model = neuron_model
        self.params = {} if params is None else params
        self.name = name
        is_source = neuron_model not in MODELS or not MODELS[neuron_model].inputs
        self.record: Any = list(record) if record is not None else [] if is_source else ["spikes"]
        self.max_atoms_per_core: int | None = None
        self.nir_v_scale: float | FloatArray = 1.0
        self.nir_w_scale: float = 1.0
        self.results = PopulationResults()

    def __repr__(self) -> str:
        return f"<Population {self.name!r}: {self.size} x {self.neuron_model}>"

    def set_max_atoms_per_core(self, max_atoms: int) -> None:
        """Put at most `max_atoms` neurons on a PE."""
        self.max_atoms_per_core = int(max_atoms)

    def get_max_atoms_per_core(self) -> int | None:
        """Return what `set_max_atoms_per_core` said, None where it was not called."""
        return self.max_atoms_per_core

    def get_spikes(self) -> dict[int, list[int]]:
        """Return {neuron: [tick, ...]} of the last run, every neuron a key; empty where spikes are not recorded."""
        self._check_recorded("spikes", self.results.spikes is None)
        return self.results.spikes_by_neuron()

    def get_voltages(self) -> dict[int, NDArray[np.float32]]:
        """Return {neuron: voltage after the reset of each tick} on the chip; the last one only for `v_last`."""
        self._check_recorded("v", self.results.voltages is None)
        return self.results.voltages_by_neuron()

    def get_time_done_times(self) -> dict[str, FloatArray]:
        """Return {"PE(x, y, p)": when its work was done, per tick, as a share of the tick}: above 1 it was late."""
        self._check_recorded("time_done", not self.results.time_done)
        return dict(self.results.time_done)

    def get_n_packets(self) -> dict[str, NDArray[np.int32]]:
        """Return {"PE(x, y, p)": packets that waited at the start of each tick}."""
        self._check_recorded("n_packets", not self.results.n_packets)
        return dict(self.results.n_packets)

    def reset(self) -> None:
        """Forget what the last run gave."""
        self.results = PopulationResults()

    def _check_recorded(self, variable: str, is_missing: bool) -> None:
        if is_missing and self.results.ran:
            warn(f"'{self.name}' recorded no {variable}: add record=['{variable}'] to the population")


class Projection:
    """Synapses [pre neuron, post neuron, weight, delay] from one population to another.

    `connections` is read when it is set, not at every run: set it anew to change it.
    """

    def __init__(self, pre: Population, post: Population, connections: Any, name: str = "") -> None:
        self.pre, self.post, self.name = pre, post, name
        self.connections = connections

    def __repr__(self) -> str:
        return f"<Projection {self.pre.name!r} -> {self.post.name!r}: {len(self.synapses.pre)} synapses>"

    @property
    def connections(self) -> Any:
        """The list as it was given."""
        return self._connections

    @connections.setter
    def connections(self, connections: Any) -> None:
        self._connections = connections
        self.synapses: Synapses = synapses_of(f"projection '{self.pre.name}' -> '{self.post.name}'", connections)

    @property
    def sparse_weights(self) -> Any:
        """The weights as a scipy.sparse matrix (pre, post)."""
        from scipy.sparse import coo_array

        synapses = self.synapses
        return coo_array((synapses.weight, (synapses.pre, synapses.post)), (self.pre.size, self.post.size)).tocsr()


class Conv2DProjection:
    """A convolution from one population of images to another.

    `weights` is (channels in, channels out, height, width). `params` holds in_height, in_width and, where they are not
    1 or 0, stride_x, stride_y, pool_x, pool_y, pad_top, pad_bottom, pad_left and pad_right; x is along the width.
    """

    def __init__(
        self, pre: Population, post: Population, weights: Any, params: Mapping[str, Any], name: str = ""
    ) -> None:
        self.pre, self.post, self.name = pre, post, name
        self.weights = np.asarray(weights)
        self.params = dict(params)

    def __repr__(self) -> str:
        return f"<Conv2DProjection {self.pre.name!r} -> {self.post.name!r}: kernel {self.weights.shape}>"


class Network:
    """Populations and projections, in the order in which they were added: they are placed in that order.

    What `s2_nir` made carries its time step `dt_s`, its `outputs`, and in `lowering` and `notes` what became of its
    weights: a session of its runs says so.
    """

    def __init__(self, name: str = "network") -> None:
        self.name = name
        self.populations: list[Population] = []
        self.projections: list[Projection | Conv2DProjection] = []
        self.dt_s: float | None = None
        self.outputs: list[Population] = []
        self.lowering: tuple[Mapping[str, Any], ...] = ()
        self.notes: tuple[str, ...] = ()

    def add(self, *parts: Any) -> None:
        """Add populations and projections, or lists of them."""
        for part in parts:
            if isinstance(part, Population):
                self.populations.append(part)
            elif isinstance(part, Projection | Conv2DProjection):
                self.projections.append(part)
            elif isinstance(part, list | tuple):
                self.add(*part)
            else:
                limit = "a Population, Projection or Conv2DProjection is expected"
                raise NetworkError(f"network '{self.name}'", f"{type(part).__name__} added", limit)

    def remove(self, *parts: Any) -> None:
        """Take populations or projections out again; with a population go the projections from and to it."""
        for part in parts:
            if part not in self.populations and part not in self.projections:
                raise NetworkError(f"network '{self.name}'", f"{part!r} is not in it", hint="add it first")
            self.populations = [kept for kept in self.populations if kept is not part]
            self.projections = [kept for kept in self.projections if part not in (kept, kept.pre, kept.post)]
            self.outputs = [kept for kept in self.outputs if kept is not part]

    def validate(self) -> bool:
        """Return True where the chip can hold the network; else raise NetworkError, which names what is wrong."""
        from s2studio.compat.studio import Studio

        Studio.current().check(self)
        return True

    def reset(self) -> None:
        """Forget what the last run gave; a run always starts from `v_init`."""
        for population in self.populations:
            population.reset()


__getattr__ = unknown_name("spinnaker2.snn", ("Population", "Projection", "Conv2DProjection", "Network"))

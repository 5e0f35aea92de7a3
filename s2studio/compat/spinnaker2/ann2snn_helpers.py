"""`spinnaker2.ann2snn_helpers`: connection lists from the layers of an artificial network."""

from __future__ import annotations

from s2studio.compat.names import unknown_name
from s2studio.compat.spinnaker2.helpers import (
    connection_list_from_dense_weights,
    sparse_connection_list_from_dense_weights,
)

__all__ = ["connection_list_from_dense_weights", "sparse_connection_list_from_dense_weights"]
__getattr__ = unknown_name("spinnaker2.ann2snn_helpers", __all__)

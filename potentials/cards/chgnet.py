"""CHGNet as a calculator: as it ships, and with the weights that `training.finetune` moved towards PBE labels."""

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from ase.calculators.calculator import Calculator

from nanokiln.potentials.cards.card import DATA
from nanokiln.structures.storage import sha256

if TYPE_CHECKING:
    from chgnet.model import CHGNet

WEIGHTS = DATA / "teacher" / "chgnet-pbe.npz"


def as_shipped() -> Calculator:
    """CHGNet 0.3.0 as it ships in the chgnet package (B. Deng et al., Nat. Mach. Intell. 5 (2023) 1031; BSD-3)."""
    from chgnet.model.dynamics import CHGNetCalculator

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return CHGNetCalculator(use_device="cpu")


def tuned() -> Calculator:
    """CHGNet 0.3.0 fine-tuned on the project's PBE labels; the weights ship with nanokiln."""
    from chgnet.model.dynamics import CHGNetCalculator

    return CHGNetCalculator(load_tuned(), use_device="cpu", on_isolated_atoms="ignore")


def base_model() -> "CHGNet":
    """Return the model as it ships, CHGNet 0.3.0; ModuleNotFoundError without the extra `teacher`."""
    from chgnet.model import CHGNet

    model: CHGNet = CHGNet.load(use_device="cpu", verbose=False)
    return model


def load_tuned(path: Path = WEIGHTS) -> "CHGNet":
    """Return CHGNet with the moved weights of `path` in place; ValueError when a checksum beside it disagrees."""
    import torch

    told = path.with_suffix(".json")
    if told.exists() and json.loads(told.read_text())["sha256"] != sha256(path):
        raise ValueError(f"{path.name} is not the file that {told.name} describes: reinstall nanokiln")
    model = base_model()
    with np.load(path) as arrays:
        state = {name: torch.tensor(arrays[name]) for name in arrays.files}
    model.load_state_dict(state, strict=False)
    return model

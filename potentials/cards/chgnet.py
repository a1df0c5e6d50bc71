"""CHGNet as a calculator, as it ships in its package."""

import warnings

from ase.calculators.calculator import Calculator


def as_shipped() -> Calculator:
    """CHGNet 0.3.0 as it ships in the chgnet package (B. Deng et al., Nat. Mach. Intell. 5 (2023) 1031; BSD-3)."""
    from chgnet.model.dynamics import CHGNetCalculator

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return CHGNetCalculator(use_device="cpu")

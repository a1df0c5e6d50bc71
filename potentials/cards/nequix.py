"""Nequix of OMat24, sAlex, MPtrj and phonons (T. Koker et al., arXiv 2508.16067 and 2601.07742; MIT), on one thread."""

import os
from pathlib import Path
from urllib.error import URLError

from ase.calculators.calculator import Calculator

from nanokiln.structures.storage import sha256

NAME = "nequix-oam-1-pft"
PATH = "NANOKILN_NEQUIX"  # environment variable: a weights file, where nothing may be downloaded
# The published weights and the package's conversion of them for torch are one teacher: both sign as the first.
PUBLISHED_SHA256 = (
    "4ce693d68886512aab50c84ea2400efd68163e11155f7c7babe98e695177e809",
    "8ccd58dd40365d104e9d060df6823bab421f2ac8c36510e72d29485e2349cfa7",
)


def oam_pft() -> Calculator:
    """Return the calculator with the weights that NANOKILN_NEQUIX names, or else those of the package's cache.

    The package fills its cache from its own address at first use; where it cannot, ValueError says what to do.
    """
    import torch
    from nequix.calculator import NequixCalculator

    torch.set_num_threads(1)
    given = os.environ.get(PATH)
    path = None if given is None else _existing(Path(given))
    try:
        return NequixCalculator(model_name=NAME, model_path=path, backend="torch", use_kernel=False)
    except URLError as error:
        raise ValueError(
            f"the weights of {NAME} are not on this machine and cannot be fetched ({error.reason}): fetch them where "
            f"there is a network, copy {NAME}.nqx or .pt here, and let the environment variable {PATH} name the file"
        ) from error


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"{PATH} names {path}, which is no file")
    return path


def weights() -> Path | None:
    """Return the weights file that is read, None where the package has yet to fetch it."""
    given = os.environ.get(PATH)
    if given is not None:
        return _existing(Path(given))
    cache = Path("~/.cache/nequix/models").expanduser()
    return next((path for path in (cache / f"{NAME}.nqx", cache / f"{NAME}.pt") if path.is_file()), None)


def signature() -> str:
    """Return the name and the head of the weights' checksum; the published ones' where there is no file to look at."""
    found = weights()
    checksum = PUBLISHED_SHA256[0] if found is None else sha256(found)
    return f"{NAME}:{(PUBLISHED_SHA256[0] if checksum in PUBLISHED_SHA256 else checksum)[:8]}"


def oam_pft_d3() -> Calculator:
    """Return the same with Grimme's dispersion of PBE (D3 with Becke-Johnson damping, package `dftd3`) added.

    The sheets of Bi2Se3 and Bi2Te3 hold together by it.
    """
    from ase.calculators.mixing import SumCalculator
    from dftd3.ase import DFTD3

    return SumCalculator([oam_pft(), DFTD3(method="PBE", damping="d3bj")])


def signature_d3() -> str:
    """Return the signature of labels with dispersion."""
    return signature() + "+d3bj"

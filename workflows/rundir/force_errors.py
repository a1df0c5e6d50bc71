"""How far the forces of a run can be off, per domain and temperature, as the committee of its potential says."""

from collections.abc import Iterator

import numpy as np

from nanokiln.analysis.measured import Result
from nanokiln.analysis.trajectory.thermo import Thermo
from nanokiln.analysis.trajectory.trajectory import Trajectory
from nanokiln.potentials.cards.card import Card, PotentialError, load_card
from nanokiln.structures.model import Model
from nanokiln.workflows.rundir.record import PotentialRecord

FRAMES = 4  # from the first to the last
MOST_ATOMS = 20_000  # of a model: five members on four frames take a minute of it
METHOD = (
    "standard error of a force component, root mean square over the domain's atoms: spread of {n} fits, calibrated "
    "against the teacher on held-out dynamics; 95 % of the errors lie within {reach:.2g} of it"
)


def force_error_results(
    potential: PotentialRecord, trajectory: Trajectory, model: Model, thermo: Thermo
) -> Iterator[Result]:
    """Yield `force_error` (eV/A; domain, temperature_K) at four times of a run; nothing without a committee.

    Nor for a potential whose files are not those of the catalogue any more, or a model of more than 20 000 atoms.
    """
    card = card_of_run(potential)
    if card is None or card.committee is None or trajectory.n_atoms > MOST_ATOMS:
        return
    from nanokiln.potentials.training.student import load_committee

    committee = load_committee(card)
    assert committee is not None
    temperatures_K = thermo.temperature_at(trajectory.steps)
    domains = np.asarray(model.atoms.arrays["domain"])
    for index in np.unique(np.linspace(0, trajectory.n_frames - 1, FRAMES).astype(int)):
        present = trajectory.frame(int(index)).present
        errors = committee.force_errors(trajectory.atoms(int(index)))
        temperature_K, time_ps = float(temperatures_K[index]), float(trajectory.times_ps[index])
        for number, domain in enumerate(model.domains):
            mine = errors[domains[present] == number]
            if len(mine):
                yield Result(
                    f"error of forces, {domain.name}, {temperature_K:.0f} K",
                    float(np.sqrt((mine**2).mean())),
                    "eV/A",
                    "measured",
                    quantity="force_error",
                    domain=domain.name,
                    temperature_K=temperature_K,
                    time_ps=time_ps,
                    method=METHOD.format(n=len(committee.members_eV), reach=committee.reach_95),
                )


def card_of_run(potential: PotentialRecord) -> Card | None:
    """Return the shipped card that a run was made with, None where it is not the same any more."""
    try:
        card = load_card(potential.name)
    except PotentialError:
        return None
    return card if {file.path: file.sha256 for file in card.files} == potential.files else None

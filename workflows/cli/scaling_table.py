"""The table of `nanokiln scaling`: what was measured, the law behind it, and what fits which allocation."""

import logging
import os

from rich.table import Table

from nanokiln.hpc.launch import check_cores
from nanokiln.workflows.answer import answer, answer_json
from nanokiln.workflows.campaign.scaling import ATOMS, Scaling, measure_scaling, table_of
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.obvious import find_recipe
from nanokiln.workflows.tabular import show

_LOG = logging.getLogger(__name__)


def tell_scaling(name: str, ranks: str, steps: int, *, as_json: bool = False) -> None:
    """Measure a recipe on these numbers of ranks, and print timings, law and table, or as JSON timings and law."""
    try:
        counts = sorted({int(word) for word in ranks.split(",")})
    except ValueError as error:
        raise InputError(f"--ranks: numbers with commas between were expected, as 1,2,4, not {ranks!r}") from error
    if counts[0] != 1 or len(counts) < 2:
        raise InputError(f"--ranks: 1 and at least one larger number were expected, as 1,2, not {ranks!r}")
    check_cores(counts[-1])
    recipe = find_recipe(name)
    busy = os.getloadavg()[0]
    if busy + counts[-1] > (os.cpu_count() or 1) + 1:
        _LOG.warning("this machine is busy (load %.1f): what follows is slower than it is alone", busy)
    timings = measure_scaling(recipe, counts, steps)
    law, alone = Scaling.of(timings), timings[0]
    if as_json:
        answer_json({"recipe": recipe.name, "timings": timings, "law": law})
        return
    measured = Table("ranks", "atoms", "ms per step", "speed-up", title=f"{recipe.name}, {recipe.potential}")
    for one in timings:
        gain = alone.step_s / one.step_s * one.atoms / alone.atoms
        measured.add_row(str(one.ranks), str(one.atoms), f"{1000 * one.step_s:.3g}", f"{gain:.2f}")
    show(measured)
    answer(
        f"a step takes {1e6 * law.atom_s:.3g} us n + {1e6 * law.skin_s:.3g} us n^(2/3) + {1e6 * law.wait_s:.3g} us "
        f"log2(ranks), n atoms per rank; the timings lie within {100 * law.misfit:.0f} % of it"
    )
    fits = Table("atoms", "1 rank", "16", "128", "most ranks", "on those", "core hours per ns", title="ns per day")
    for row in table_of(law, ATOMS, recipe.timestep_ps):
        fits.add_row(*row)
    show(fits)
    answer(
        "most ranks: the largest power of two used to a half, with no fewer atoms on each than were measured "
        f"({law.fewest:.0f}; a smaller model or more ranks would tell of fewer). Measured up to {counts[-1]} ranks of "
        "one machine, the rest is extrapolated; dynamics only, without vacuum (whose domains hold fewer atoms) and "
        "without a network"
    )

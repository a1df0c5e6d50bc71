"""The microscope's programme: what the holder did in the experiment that a recipe stands for."""

from nanokiln.structures.schema.number_types import NonNegative, Number
from nanokiln.workflows.recipe.programme import Settings


class Seen(Settings):
    """A temperature of the microscope and for how long it was held there; 0 minutes where it was passed on a ramp."""

    at_C: Number
    minutes: NonNegative

"""What the review brings as Python: who answers its rows, its scenes, its figures."""

from nanokiln.analysis.experiment.folder import Content
from nanokiln.analysis.review2019 import (
    beyond,
    fronts,
    gold,
    janus,
    on_drawn,
    on_film,
    on_images,
    own_run,
    relaxed,
    rods,
    sandwich,
    starting_state,
    stored_runs,
)
from nanokiln.analysis.review2019.figures import figures
from nanokiln.analysis.review2019.scenes import SCENES

ANSWERERS = (
    *beyond.ANSWERERS,
    *starting_state.ANSWERERS,
    *gold.ANSWERERS,
    *janus.ANSWERERS,
    *fronts.ANSWERERS,
    *stored_runs.ANSWERERS,
    *sandwich.ANSWERERS,
    *rods.ANSWERERS,
    *on_film.ANSWERERS,
    *own_run.ANSWERERS,
    *relaxed.ANSWERERS,
    *on_images.ANSWERERS,
    *on_drawn.ANSWERERS,
)

CONTENT = Content(
    answerers=ANSWERERS,
    scenes=SCENES,
    figures=figures,
    plateaus=("CdSe-alone", "Cu3P-alone", "sandwich", "sandwich-fed", "rod"),
    limited=("sandwich", "sandwich-fed", "rod", "rod-ample"),
    limited_C=350.0,
    told={
        "A": ("CdSe-alone",),
        "B": ("janus", "Cu3P-alone"),
        "C": ("sandwich", "sandwich-fed"),
        "D": ("rod",),
        "E": ("rod", "rod-ample"),
        "F": ("lead-ramp", "rod-ramp"),
    },
    outlook=("sandwich", "sandwich-fed", "rod", "sandwich-ramp", "rod-ramp"),
)

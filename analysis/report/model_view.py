"""A model, or the run of one, to turn in a notebook: the viewer of the report in a frame of its own."""

from dataclasses import dataclass
from html import escape

import numpy as np

from nanokiln.analysis.measured import Measured
from nanokiln.analysis.microscope.movie import Programme
from nanokiln.analysis.report.page import render
from nanokiln.analysis.report.run_course import RunCourse, programme_of, turned
from nanokiln.analysis.trajectory.trajectory import Trajectory
from nanokiln.structures.model import Model

HEIGHT_PX = 430


@dataclass(frozen=True, eq=False)
class ModelView:
    """Frames of a model's atoms and the temperature that they had; a notebook shows it as something to turn."""

    model: Model
    course: RunCourse
    programme: Programme

    def _repr_html_(self) -> str:
        page = render("view.html", title=self.model.name, turned=turned(self.course, self.programme, self.model))
        style = f"width:100%;height:{HEIGHT_PX}px;border:0"
        return f'<iframe srcdoc="{escape(page)}" title="{escape(self.model.name)}" style="{style}"></iframe>'


def view(model: Model, trajectory: Trajectory | None = None, measured: Measured | None = None) -> ModelView:
    """Return a model to turn, or with a trajectory its course, beside which `measured` tells the temperature.

    >>> from nanokiln.structures import build
    >>> view(build("cdse-rod-small"))._repr_html_()[:15]
    '<iframe srcdoc='
    """
    if trajectory is None:
        atoms = model.atoms
        course = RunCourse(np.zeros(1), atoms.positions[None], np.array(atoms.get_chemical_symbols()))
    else:
        course = RunCourse.of(trajectory)
    programme = Programme(np.zeros(0), np.zeros(0)) if measured is None else programme_of(measured)
    return ModelView(model, course, programme)

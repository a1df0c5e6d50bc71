"""Spheres drawn by OVITO's ray tracer where it is installed and can draw here, and by our own where not.

OVITO runs in a process of its own: its windows, drivers and threads cannot then disturb LAMMPS and MPI, and where it
fails (it needs a Vulkan driver) the picture is still made. `python -m nanokiln.structures.output.ovito_spheres FOLDER`
is that process.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from nanokiln.structures.output.spheres import WHITE, Field, Floats, Spheres, draw_each

LONGEST_S = 300


def draw_alike(scenes: Sequence[Spheres], field: Field, background: Floats = WHITE) -> tuple[list[Floats], str]:
    """Return the pictures (rows, columns, 3) of scenes on one field, and by which program they were drawn."""
    if find_spec("ovito") is not None:
        try:
            return by_ovito(scenes, field, background)
        except RuntimeError as error:
            logging.getLogger(__name__).warning("OVITO could not draw, so we do: %s", error)
    return draw_each(scenes, field, background)


def by_ovito(scenes: Sequence[Spheres], field: Field, background: Floats = WHITE) -> tuple[list[Floats], str]:
    """Return the same by OVITO alone; RuntimeError where it is missing, fails or takes longer than five minutes."""
    from PIL import Image

    with TemporaryDirectory() as name:
        folder = Path(name)
        for number, one in enumerate(scenes):
            np.savez(folder / f"{number}.npz", points=one.points_A, radii=one.radii_A, colours=one.colours)
        (folder / "field.json").write_text(json.dumps(asdict(field) | {"background": list(background)}))
        command = [sys.executable, "-P", "-m", __name__, name]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"it took longer than {LONGEST_S} s") from None
        if done.returncode:
            told = [line for line in done.stderr.splitlines() if "Error" in line]
            raise RuntimeError(told[-1] if told else f"it ended with {done.returncode}")
        pictures = [folder / f"{number}.png" for number in range(len(scenes))]
        return [np.asarray(Image.open(one).convert("RGB")) / 255.0 for one in pictures], done.stdout.strip()


def draw_folder(folder: Path) -> str:
    """Draw every scene of a folder, each a PNG beside it, and return OVITO's name and version."""
    from ovito import version_string

    told = json.loads((folder / "field.json").read_text())
    background = tuple(told.pop("background"))
    for path in sorted(folder.glob("*.npz")):
        _trace(path, Field(**told), background)
    return f"OVITO {version_string}"


def _trace(path: Path, field: Field, background: tuple[float, ...]) -> None:
    """Draw one scene; the camera looks down, and `fov` of a parallel camera is half the picture's height."""
    from ovito.data import DataCollection
    from ovito.pipeline import Pipeline, StaticSource
    from ovito.vis import TachyonRenderer, Viewport

    rows, columns = field.shape
    middle = (field.left_A + columns * field.pixel_A / 2, field.top_A - rows * field.pixel_A / 2)
    with np.load(path) as scene:
        data = DataCollection()
        particles = data.create_particles(count=len(scene["points"]))
        for name, of in (("Position", "points"), ("Color", "colours"), ("Radius", "radii")):
            particles.create_property(name, data=scene[of])
        height = float(scene["points"][:, 2].max(initial=0.0)) + 10.0
    pipeline = Pipeline(source=StaticSource(data=data))
    pipeline.add_to_scene()
    camera = Viewport(
        type=Viewport.Type.Ortho,
        camera_dir=(0, 0, -1),
        camera_up=(0, 1, 0),
        camera_pos=(*middle, height),
        fov=rows * field.pixel_A / 2,
    )
    camera.render_image(
        filename=str(path.with_suffix(".png")),
        size=(columns, rows),
        background=background,
        renderer=TachyonRenderer(),
    )
    pipeline.remove_from_scene()


if __name__ == "__main__":
    sys.stdout.write(draw_folder(Path(sys.argv[1])))

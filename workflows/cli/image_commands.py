"""The verbs of the virtual microscope: `image` and `movie`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nanokiln.workflows.answer import answer, answer_json, steps
from nanokiln.workflows.cli.clock_commands import ControlsOption, PosteriorOption
from nanokiln.workflows.cli.json_option import JsonOption
from nanokiln.workflows.errors import InputError

SEED = 1

SourceArgument = Annotated[
    str, typer.Argument(metavar="DIR|FILE", help="directory of a run, structure file, recipe or shipped model")
]
ModeOption = Annotated[
    str,
    typer.Option(
        "--mode",
        help="map, eds, line, haadf, diffraction, rings, atoms, hrtem, haadf-multislice, with commas between",
    ),
]
BeamOption = Annotated[str, typer.Option("--beam", help="where the beam points: x, y, z or three numbers as 1,1,0")]
TiltOption = Annotated[tuple[float, float], typer.Option("--tilt-deg", help="turn about the vertical, the horizontal")]
AtOption = Annotated[str, typer.Option("--at", help="frame of a run: first, last or a time in ps")]
AverageOption = Annotated[int, typer.Option("--average", help="frames of a run to average over: thermal vibration")]
DoseOption = Annotated[float | None, typer.Option("--dose", help="electrons per square angstrom; noiseless without")]


def register_images(app: typer.Typer, panel: str) -> None:
    """Add the verbs to a command line, under a heading of its `--help`."""
    app.command("image", rich_help_panel=panel)(image)
    app.command("movie", rich_help_panel=panel)(movie)


def image(
    source: SourceArgument,
    mode: ModeOption = "map",
    out: Annotated[Path, typer.Option("--out", help="directory to write to")] = Path("images"),
    beam: BeamOption = "x",
    tilt_deg: TiltOption = (0.0, 0.0),
    at: AtOption = "last",
    average: AverageOption = 1,
    dose: DoseOption = None,
    pixel_nm: Annotated[float | None, typer.Option(help="pixel of the detector or scan")] = None,
    resolution_nm: Annotated[float | None, typer.Option(help="resolution of maps and line scans (1.0)")] = None,
    probe_nm: Annotated[float | None, typer.Option(help="probe of HAADF, full width at half maximum (0.15)")] = None,
    film_nm: Annotated[float, typer.Option(help="thickness of the carbon film below")] = 0.0,
    phases: Annotated[str, typer.Option(help="candidates for spacings, as Cu2Se,Cu3P; all that fit without")] = "",
    colours: Annotated[str, typer.Option(help="of maps: review, or elements as in every other picture")] = "review",
    seed: Annotated[int, typer.Option(help="of the noise")] = 0,
    beside: Annotated[Path | None, typer.Option(help="your own micrograph: PNG, TIFF, or what HyperSpy reads")] = None,
    beside_pixel_nm: Annotated[float | None, typer.Option(help="its pixel, where the file does not say")] = None,
    as_json: JsonOption = False,
) -> None:
    """What the microscope would have shown of a run, a model or a file: PNG, EMD (HyperSpy reads it), and measurements.

    map: atoms of each element, blurred to a resolution, as energy-filtered images show them. eds: the same in X-ray
    counts at a --dose (1e5 to 1e7 is usual), with the least of each element that would be seen. line: a scan upwards.
    haadf: Z contrast under a probe. diffraction: spots along the beam with indices. rings: all orientations, with the
    crystals that fit and those that spacings cannot tell apart. hrtem (with its FFT) and haadf-multislice need the
    extra `tem` and minutes to hours: they are for small particles. atoms: the spheres themselves, which no microscope
    shows, by OVITO's ray tracer where it is installed (extra `ovito`) and by our own drawing where not.

    --beside sets the HAADF image beside a micrograph of your own at the same scale, with FFTs and line profiles.

    For example: nanokiln image cdse-cu3p-cdse-5nm --mode map,line,eds --dose 1e6 --out seen; after a run: nanokiln
    image demo --mode rings,haadf --average 10. Along the rods' axis or from above: --beam z.
    """
    from nanokiln.analysis.microscope.instrument import Exposure, load_instrument
    from nanokiln.analysis.microscope.micrograph import read_micrograph, set_beside
    from nanokiln.analysis.microscope.modes import MODES, View, look
    from nanokiln.analysis.microscope.specimen import mount
    from nanokiln.analysis.microscope.z_contrast import haadf
    from nanokiln.workflows.studies.sighting import sight

    modes = [word.strip() for word in mode.split(",") if word.strip()]
    if unknown := [word for word in modes if word not in MODES]:
        raise InputError(f"no mode is called {unknown[0]!r}; there are: {', '.join(MODES)}")
    _check(pixel_nm=pixel_nm, resolution_nm=resolution_nm, probe_nm=probe_nm, dose=dose)
    seen = sight(source, at, average)
    instrument = load_instrument()
    if probe_nm is not None:
        instrument = instrument.model_copy(update={"probe_nm": probe_nm})
    try:
        specimen = mount(seen.frames, seen.name, beam, seen.up_axis, tilt_deg)
        exposure = Exposure(dose, film_nm, seed)
        title = f"{seen.name}, {seen.about}"
        view = View(specimen, instrument, exposure, pixel_nm, resolution_nm, _phases(phases), colours, title)
        out.mkdir(parents=True, exist_ok=True)
        seen_as: dict[str, list[str]] = {}
        with steps("looking") as tell:
            for one in modes:
                tell(len(seen_as), len(modes), one)
                seen_as[one] = look(view, one, out / one)
        if beside is not None:
            own = read_micrograph(beside, beside_pixel_nm)
            seen_as["beside"] = set_beside(own, haadf(specimen, instrument, exposure), out / "beside.png")
    except ValueError as error:
        raise InputError(str(error)) from error
    _tell(seen_as, out, as_json)


def _tell(seen_as: Mapping[str, list[str]], out: Path, as_json: bool) -> None:
    """Answer for every mode with the files that it left and what was measured on them."""
    left = {
        mode: [path for ending in (".png", ".emd") if (path := (out / mode).with_suffix(ending)).is_file()]
        for mode in seen_as
    }
    if as_json:
        answer_json({mode: {"files": left[mode], "measured": told} for mode, told in seen_as.items()})
        return
    for mode, told in seen_as.items():
        Console().print(f"[bold]{mode}[/] {', '.join(map(str, left[mode]))}", highlight=False, soft_wrap=True)
        answer("\n".join(f"  {line}" for line in told))


def movie(
    source: Annotated[
        str, typer.Argument(metavar="DIR|FILE|SCENE", help="finished run, experiment for the clock, or a scene of it")
    ],
    out: Annotated[Path, typer.Option("--out", help="film to write, .gif or .mp4 (extra `tem`)")] = Path("movie.gif"),
    frames: Annotated[int, typer.Option(help="frames of the film, spread over the run")] = 30,
    strip: Annotated[int, typer.Option(help="stills of the strip beside a run's film")] = 5,
    beam: Annotated[
        str | None, typer.Option(help="x, y, z or three numbers; without it from the side, from above onto a scene")
    ] = None,
    per_second: Annotated[float, typer.Option(help="frames shown in a second")] = 6.0,
    particle: Annotated[str | None, typer.Option(help="particle of a clock's FILE; the first without it")] = None,
    sample: Annotated[
        str, typer.Option(help="of the clock: the middle one that ends none, partial, complete, or a number")
    ] = "likeliest",
    samples: Annotated[int, typer.Option(help="samples of the clock")] = 2000,
    posterior: PosteriorOption = None,
    controls: ControlsOption = True,
    as_json: JsonOption = False,
) -> None:
    """The in situ film: HAADF image and element map, temperature with its holds, and the composition.

    Of a run it shows the frames themselves, with the rate of heating on every one: a film of picoseconds is no film of
    minutes. Of the minutes clock it shows one named sample, with the probability of ending as it does: a particle
    reconstructed at the composition that the clock predicts, and every frame says so. FILE is what `nanokiln clock`
    reads; SCENE is one of the review's: sandwich, sandwich-fed, janus, rod, rod-ample, Cu3P-alone and others.

    Besides the film a strip of stills is written, laid out as the review's figures, each with its T and t, all on one
    scale; below those of a run stand the atoms, by OVITO's ray tracer where it is installed (extra `ovito`).

    For example: nanokiln movie demo --out demo.gif; nanokiln movie demo --out demo.mp4 --frames 120 --per-second 12;
    nanokiln movie sandwich-fed --sample complete --out minutes.gif
    """
    from nanokiln.analysis.microscope.movie import movie_frames, save_movie, save_strip, stills
    from nanokiln.structures.output.ovito_spheres import draw_alike
    from nanokiln.workflows.cli.clock_commands import knowing
    from nanokiln.workflows.studies.sighting import follow, follow_minutes

    if out.suffix not in (".gif", ".mp4"):
        raise InputError(f"--out is {out}; a film ends in .gif or .mp4")
    _check(per_second=per_second, strip=strip, samples=samples)
    if Path(source).is_dir():
        course = follow(Path(source), frames)
    else:
        course = follow_minutes(source, particle, sample, frames, knowing(posterior, controls, samples, SEED))
    try:
        shown = stills(course.frames, course.programme, beam or course.beam, course.up_axis, course.scan_A)
        out.parent.mkdir(parents=True, exist_ok=True)
        save_movie(list(movie_frames(shown, course.programme, course.name)), out, per_second)
        chosen = [min(shown, key=lambda one: abs(one.time - at)) for at in course.marked]
        spread = [shown[round(i * (len(shown) - 1) / max(strip - 1, 1))] for i in range(min(strip, len(shown)))]
        each = tuple(shown[0].maps) if course.marked else ()
        draw = None if course.marked else draw_alike
        strip_png = out.with_suffix(".png")
        by = save_strip(chosen or spread, course.programme, course.name, strip_png, each, draw)
    except ValueError as error:
        raise InputError(str(error)) from error
    if as_json:
        told = {"film": out, "strip": strip_png, "frames": len(shown), "programme": course.programme.words}
        answer_json({**told, "drawn_by": by or None})
        return
    answer(f"{out}: {len(shown)} frames, {course.programme.words}")
    answer(f"{strip_png}{f': atoms drawn by {by}' if by else ''}")


def _phases(text: str) -> tuple[str, ...]:
    from nanokiln.structures.crystals.phases import load_phase

    names = tuple(word.strip() for word in text.split(",") if word.strip())
    for name in names:
        load_phase(name)
    return names


def _check(**numbers: float | None) -> None:
    for name, number in numbers.items():
        if number is not None and not 0 < number < 1e15:
            raise InputError(f"--{name.replace('_', '-')} is {number:g}; expected a number above zero")

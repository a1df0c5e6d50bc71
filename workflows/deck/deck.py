"""The deck: LAMMPS commands as data, the same for the Python bindings and for a site's own `lmp`."""

from dataclasses import dataclass

from nanokiln.workflows.deck.driven import REST, field_forces, spot_bath, spot_groups
from nanokiln.workflows.recipe.driving import ElectricField, HotSpot
from nanokiln.workflows.recipe.programme import Stage
from nanokiln.workflows.recipe.recipe import Substrate

THERMO_COLUMNS = "step,time_ps,stage,target_K,temperature_K,potential_eV,kinetic_eV,pressure_bar,volume_A3,atoms"
CHECKPOINTS = "../../checkpoints"  # seen from the folder of a stage, where LAMMPS runs
MODEL_DATA = "../../model.data"


@dataclass(frozen=True)
class Limits:
    """Where LAMMPS itself halts: see `recipe.Guards`; every number is set."""

    hottest_K: float
    energy_rise_eV_per_atom: float
    shortest_A: float
    free_disk_MB: float


@dataclass(frozen=True)
class Setup:
    """What all stages of a run share: the box, the potential, the rhythm of output, limits and the seed.

    `boundary` is LAMMPS' (`p p p`, `f f f`), `axes` the letters of the barostat's axes, `reach_A` the largest
    cutoff between any two atoms; `cadence` steps between thermodynamic rows, frames and checkpoints; `calculator`
    the ASE calculator behind the deck's `fix external`, if that is where the forces come from; `extent_A` where the
    model begins and ends along each axis, for what drives a part of it.
    """

    boundary: str
    pair: tuple[str, ...]
    elements: tuple[str, ...]
    timestep_ps: float
    cadence: tuple[int, int, int]
    limits: Limits
    seed: int
    reach_A: float
    piece_atoms: int | None = None
    substrate: Substrate | None = None
    axes: str = ""
    calculator: str = ""
    hot_spot: HotSpot | None = None
    field: ElectricField | None = None
    extent_A: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Span:
    """The stretch of a stage that a deck covers: the stage's `first` and `last` step, and where it begins now.

    `reference_eV_per_atom` is the relaxed energy, None as long as the run has not relaxed (then `begin` is 0).
    """

    first: int
    last: int
    begin: int
    reference_eV_per_atom: float | None = None
    walltime_s: float | None = None

    @property
    def fresh(self) -> bool:
        """Whether the atoms come from the model rather than from a checkpoint."""
        return self.reference_eV_per_atom is None


@dataclass(frozen=True)
class Deck:
    """Commands before the dynamics (`head`), at every frame (`chunk`), at a checkpoint and at a request to stop.

    A deck with a `calculator` runs on the Python bindings only; `lmp` stops at its `fix external`.
    """

    head: tuple[str, ...]
    chunk: tuple[str, ...]
    checkpoint: tuple[str, ...]
    span: Span
    frame_steps: int
    elements: tuple[str, ...]
    calculator: str = ""
    reach_A: float = 0.0

    def run_command(self, until: int) -> str:
        """Return the run that goes on to step `until` on the stage's own ramp."""
        return f"run {until} upto start {self.span.first} stop {self.span.last}"

    def next_boundary(self, step: int) -> int:
        """Return the next step at which the chunk's commands are due."""
        return min(self.span.last, (step // self.frame_steps + 1) * self.frame_steps)

    def files(self) -> dict[str, str]:
        """Return the plain input files by name; `lmp -in deck.in` in their folder runs the stage."""
        aligned = self.next_boundary(self.span.begin)
        lines = [*self.head]
        if self.span.begin % self.frame_steps and aligned < self.span.last:
            lines += [self.run_command(aligned), "include chunk.in"]
        every = f'every {self.frame_steps} "include chunk.in" "include stop.in"'
        lines += [f"{self.run_command(self.span.last)} {every}", "include checkpoint.in"]
        stop = 'if "$(is_file(../../stop)) == 1" then "include checkpoint.in" "quit 0"'
        return {
            "deck.in": _text(lines),
            "chunk.in": _text(self.chunk),
            "checkpoint.in": _text(self.checkpoint),
            "stop.in": _text([stop]),
        }


def make_deck(scene: Setup, stage: Stage, span: Span) -> Deck:
    """Return the deck of one stage from `span.begin` on; a ramp that was interrupted goes on where it was."""
    source = _from_model(scene, stage) if span.fresh else _from_checkpoint(scene, span)
    head = (
        *([f"timer timeout {_clock(span.walltime_s)} every 10"] if span.walltime_s is not None else []),
        *source,
        *_bath(scene, stage, span.begin),
        *field_forces(scene.field, scene.elements, scene.extent_A),
        *_balance(scene),
        *_substrate(scene.substrate),
        *_pieces(scene),
        *_guards(scene),
        *_thermo(scene, stage, span),
        *frames(scene, str(span.begin)),
    )
    return Deck(
        head,
        _chunk(scene, stage),
        _checkpoint(scene),
        span,
        scene.cadence[1],
        scene.elements,
        scene.calculator,
        scene.reach_A,
    )


def opening(scene: Setup) -> tuple[str, ...]:
    """Return the commands that come before any atom."""
    return (
        "units metal",
        "atom_style atomic",
        "atom_modify map yes",
        "newton on",
        f"boundary {scene.boundary}",
    )


def _from_model(scene: Setup, stage: Stage) -> tuple[str, ...]:
    """Read the model, note its energy as built, take the worst strain out, and give it its temperature once."""
    rotation = "yes" if scene.boundary == "f f f" else "no"
    return (
        *opening(scene),
        f"read_data {MODEL_DATA}",
        *scene.pair,
        f"timestep {scene.timestep_ps:g}",
        *_substrate(scene.substrate),
        "run 0 post no",
        'print "state,energy_eV_per_atom" file start.csv screen no',
        'print "built,$(pe/atoms)" append start.csv screen no',
        "minimize 0.0 0.05 200 1000",
        'print "relaxed,$(pe/atoms)" append start.csv screen no',
        "variable reference equal $(pe/atoms)",
        "reset_timestep 0",
        *spot_groups(scene.hot_spot, scene.extent_A),
        f"velocity all create {stage.start_K:g} {scene.seed} mom yes rot {rotation} dist gaussian",
    )


def _from_checkpoint(scene: Setup, span: Span) -> tuple[str, ...]:
    return (
        "units metal",
        "atom_modify map yes",
        f"read_restart {CHECKPOINTS}/checkpoint-{span.begin}.restart",
        *scene.pair,
        f"timestep {scene.timestep_ps:g}",
        f"variable reference equal {span.reference_eV_per_atom!r}",
    )


def _balance(scene: Setup) -> tuple[str, ...]:
    """Share the atoms rather than the vacuum among the ranks.

    This initialises LAMMPS, which forgets what a restart says of fixes that are not there yet: the bath comes first.
    """
    return ("balance 1.1 shift xyz 20 1.05",) if "f" in scene.boundary else ()


def _bath(scene: Setup, stage: Stage, step: int) -> tuple[str, ...]:
    """Thermostat and integrator; the same fix IDs in every deck, so that their state survives a restart."""
    ramp, damping = f"{stage.start_K:g} {stage.stop_K:g}", f"{stage.bath.damping_ps:g}"
    press = _pressure(scene, stage)
    if stage.bath.kind == "nose-hoover":
        style = f"npt temp {ramp} {damping} {press}" if press else f"nvt temp {ramp} {damping}"
        return (f"fix bath all {style}", "compute_modify bath_temp dynamic/dof yes")
    move = (f"fix move all nph {press}", "compute_modify move_temp dynamic/dof yes") if press else ("fix move all nve",)
    if stage.bath.kind == "csvr":
        group = "all" if scene.hot_spot is None else REST
        fix = f"fix bath {group} temp/csvr {ramp} {damping} {scene.seed}"
        spot = spot_bath(scene.hot_spot, stage, scene.seed)
        return (*move, fix, "compute_modify bath_temp dynamic/dof yes", *spot)
    return (*move, _langevin(stage, str(_mixed(scene.seed, step))))


def _langevin(stage: Stage, seed: str) -> str:
    return f"fix bath all langevin {stage.start_K:g} {stage.stop_K:g} {stage.bath.damping_ps:g} {seed} zero yes"


def _mixed(seed: int, step: int) -> int:
    """The Langevin bath's seed at a step: LAMMPS saves no state of that generator, so each chunk has its own."""
    return (seed + step) % 899_999_999 + 1


def _pressure(scene: Setup, stage: Stage) -> str:
    if stage.barostat is None:
        return ""
    p, damping = stage.barostat.pressure_bar, stage.barostat.damping_ps
    coupled = " couple xy" if scene.axes == "xy" else ""
    return " ".join(f"{axis} {p:g} {p:g} {damping:g}" for axis in scene.axes) + coupled


def _substrate(plane: Substrate | None) -> tuple[str, ...]:
    if plane is None:
        return ()
    numbers = f"{plane.position_A:g} {plane.depth_eV:g} {plane.sigma_A:g} {plane.cutoff_A:g}"
    return (f"fix substrate all wall/lj93 zlo {numbers}", "fix_modify substrate energy yes")


def _pieces(scene: Setup) -> tuple[str, ...]:
    """Size of the connected piece that each atom belongs to; small pieces out of reach have left."""
    if scene.piece_atoms is None:
        return ()
    return (
        "group gone empty",
        f"compute cluster all cluster/atom {scene.reach_A:.6f}",
        "compute piece all chunk/atom c_cluster compress yes nchunk every ids every",
        "compute members all property/chunk piece count",
        "compute size all chunk/spread/atom piece c_members",
        f"variable gone atom c_size<={scene.piece_atoms}",
    )


def _guards(scene: Setup) -> tuple[str, ...]:
    thermo, frame, _ = scene.cadence
    limits = scene.limits
    return (
        "compute pairs all pair/local dist",
        "compute closest all reduce min c_pairs inputs local",
        "variable closest equal c_closest",
        "variable hot equal temp",
        "variable rise equal pe/atoms-v_reference",
        "variable undefined equal pe!=pe||temp!=temp",
        f"fix guard_undefined all halt {thermo} v_undefined != 0 error hard",
        f"fix guard_hot all halt {thermo} v_hot > {limits.hottest_K:g} error hard",
        f"fix guard_energy all halt {thermo} v_rise > {limits.energy_rise_eV_per_atom:g} error hard",
        f"fix guard_close all halt {frame} v_closest < {limits.shortest_A:g} error hard",
        f"fix guard_disk all halt {frame} diskfree < {limits.free_disk_MB:g} error hard",
    )


def _thermo(scene: Setup, stage: Stage, span: Span) -> tuple[str, ...]:
    thermo, frame, checkpoint = scene.cadence
    row = (
        f"$(step),$(step*dt:%.6f),{stage.name},$(v_target:%.6f),$(temp:%.8f),$(pe:%.10f),$(ke:%.10f),"
        "$(press:%.6f),$(vol:%.6f),$(atoms)"
    )
    return (
        f"variable target equal ramp({stage.start_K:g},{stage.stop_K:g})",
        f"variable due equal (step%{checkpoint}==0)&&(step<{span.last})",
        f'fix rows all print {thermo} "{row}" file thermo-{span.begin}.csv screen no title "{THERMO_COLUMNS}"',
        f"thermo {frame}",
        "thermo_style custom step temp pe press atoms",
        "thermo_modify lost error flush yes",
        "compute_modify thermo_temp dynamic/dof yes",
    )


def frames(scene: Setup, step: str) -> tuple[str, ...]:
    """Return the commands that open the dump of a segment that begins at `step`."""
    columns = "id type element x y z ix iy iz"
    return (
        f"dump frames all custom {scene.cadence[1]} segment-{step}.dump {columns}",
        f"dump_modify frames sort id element {' '.join(scene.elements)} format float %.7f",
    )


def _chunk(scene: Setup, stage: Stage) -> tuple[str, ...]:
    """At every frame: let go of what has left, reseed a Langevin bath, and checkpoint when one is due."""
    leave = (
        "group gone clear",
        "group gone variable gone",
        'if "$(count(gone)) > 0" then '
        '"write_dump gone custom left-$(step).dump id element x y z vx vy vz modify sort id '
        f'element {" ".join(scene.elements)}" '
        '"delete_atoms group gone compress no"',
    )
    reseed = (_langevin(stage, f"$(({scene.seed}+step)%899999999+1)"),)
    return (
        *(leave if scene.piece_atoms is not None else ()),
        *(reseed if stage.bath.kind == "langevin" else ()),
        'if "$(v_due) == 1" then "include checkpoint.in"',
    )


def _checkpoint(scene: Setup) -> tuple[str, ...]:
    """Close the segment, write the state under a temporary name, rename it, open the next segment."""
    return (
        "undump frames",
        f"write_restart {CHECKPOINTS}/new.restart",
        f"shell mv {CHECKPOINTS}/new.restart {CHECKPOINTS}/checkpoint-$(step).restart",
        *frames(scene, "$(step)"),
    )


def _clock(seconds: float) -> str:
    whole = max(1, int(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _text(lines: list[str] | tuple[str, ...]) -> str:
    return "\n".join(lines) + "\n"

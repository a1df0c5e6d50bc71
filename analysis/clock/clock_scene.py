"""A scene of the clock: which particles were heated how, in every sample of the uncertain inputs."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from nanokiln.analysis.clock.clock import LEVELS, History, run_clock
from nanokiln.analysis.clock.contents import Particle
from nanokiln.analysis.clock.distributions import Draws
from nanokiln.analysis.clock.heating import Heating

OF_EACH_EXPERIMENT = ("holder", "log10_hold")  # another experiment's holder and clock err anew


def of_another(experiment: str) -> dict[str, str]:
    """Return under which names another experiment's holder and holds stand among the inputs."""
    return {name: f"{name} of {experiment}" for name in OF_EACH_EXPERIMENT}


@dataclass(frozen=True)
class ClockScene:
    """Particles, programme and holder of one experiment; `particle` makes the particles from the draws.

    `levels` are the shares whose crossing is located. Scenes of another experiment than the rest name it, and take its
    holder's error and its noted holds where the draws have them.
    """

    about: str
    particle: Callable[[Draws], Particle]
    heating: Heating
    holder_K: float
    levels: tuple[float, ...] = LEVELS
    experiment: str = ""

    def run(self, draws: Draws) -> History:
        """Return what every sample does."""
        draws = draws | {name: draws[own] for name, own in of_another(self.experiment).items() if own in draws}
        return run_clock(self.particle(draws), self.heating, draws, self.holder_K, levels=self.levels)


Scenes = Mapping[str, ClockScene]


def run_scenes(scenes: Scenes, names: Iterable[str], draws: Draws) -> dict[str, History]:
    """Run some scenes with the same samples; an unknown name is a ValueError that lists the known ones."""
    names = list(names)
    if unknown := [name for name in names if name not in scenes]:
        raise ValueError(f"no scene is called {unknown[0]!r}; there are: {', '.join(scenes) or 'none'}")
    return {name: scenes[name].run(draws) for name in names}


@dataclass(frozen=True, eq=False)
class ScenesOnRequest(Mapping[str, History]):
    """The histories of all scenes with the same samples, each run when it is first asked for."""

    scenes: Scenes
    draws: Draws
    done: dict[str, History] = field(default_factory=dict)

    def __getitem__(self, name: str) -> History:
        """Return what the samples did in a scene; a KeyError if there is none of that name."""
        if name not in self.done:
            self.done[name] = self.scenes[name].run(self.draws)
        return self.done[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is such a scene, without running it."""
        return name in self.scenes

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the scenes."""
        return iter(self.scenes)

    def __len__(self) -> int:
        """How many scenes there are."""
        return len(self.scenes)

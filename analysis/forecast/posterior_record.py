"""A posterior as a file: samples of every input after what was seen, for other verbs to read."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from nanokiln.analysis.clock.clock_scene import OF_EACH_EXPERIMENT
from nanokiln.analysis.clock.distributions import Distribution, Draws, draw
from nanokiln.analysis.clock.inference import Posterior
from nanokiln.structures.schema.explain import faults
from nanokiln.structures.storage import write_whole

DIGITS = 7


class PosteriorRecord(BaseModel):
    """Equally weighted samples of every input (`draws`), the `prior` they come from, and what was seen, in words.

    `experiment` and `rows` name the facts that were used, which then no longer count as agreeing there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    schema_version: int = 1
    experiment: str
    rows: tuple[str, ...]
    seen: tuple[str, ...]
    effective_samples: float
    prior: dict[str, Distribution]
    draws: dict[str, tuple[float, ...]]

    @property
    def told(self) -> str:
        """What a page says about where its samples come from."""
        return f"a posterior of {len(self.seen)} data, worth {self.effective_samples:.0f} independent samples"

    def sample(self, inputs: Mapping[str, Distribution], samples: int, seed: int) -> Draws:
        """Return samples of every input: those of the posterior in random order, as often as needed; what each
        experiment has of its own (holder, noted holds) and what the posterior does not know come from `inputs`.

        ValueError: an input that the posterior began from another distribution, so that the two contradict each other.
        """
        for name, now in inputs.items():
            if name in self.prior and self.prior[name] != now:
                raise ValueError(
                    f"the posterior began from {name} = {self.prior[name]}, asked for is {now}: infer again with it"
                )
        count = len(next(iter(self.draws.values())))
        random = np.random.default_rng(seed)
        rows = np.concatenate([random.permutation(count) for _ in range(-(-samples // count))])[:samples]
        fresh = draw(inputs, samples, seed)
        known = {name: np.array(column)[rows] for name, column in self.draws.items() if name in inputs}
        return fresh | {name: column for name, column in known.items() if name not in OF_EACH_EXPERIMENT}


def record_posterior(posterior: Posterior, prior: Mapping[str, Distribution], experiment: str) -> PosteriorRecord:
    """Return the record of equally weighted samples, as `infer_in_steps` leaves them."""
    rows = dict.fromkeys(row for seen in posterior.observations for row in seen.rows)
    return PosteriorRecord(
        experiment=experiment,
        rows=tuple(rows),
        seen=posterior.seen_again,
        effective_samples=round(posterior.effective_samples, 1),
        prior=dict(prior),
        draws={n: tuple(float(f"{v:.{DIGITS}g}") for v in column) for n, column in posterior.draws.items()},
    )


def write_posterior(record: PosteriorRecord, path: Path) -> Path:
    """Write a posterior as JSON, whole or not at all; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, record.model_dump_json(exclude_none=True) + "\n")
    return path


def load_posterior(path: Path) -> PosteriorRecord:
    """Read a posterior; a file that is none is one ValueError."""
    try:
        record = PosteriorRecord.model_validate_json(path.read_text())
    except (ValidationError, UnicodeDecodeError) as error:
        told = "; ".join(faults(error, PosteriorRecord)) if isinstance(error, ValidationError) else str(error)
        raise ValueError(f"{path} is no posterior as `nanokiln infer` writes it: {told}") from error
    sizes = {len(column) for column in record.draws.values()}
    if len(sizes) != 1 or not sizes.pop():
        raise ValueError(f"{path} is no posterior: its inputs have no, or not equally many, samples")
    return record

"""What `experiment.json` holds, as models; `analysis/data/experiment.schema.json` is their JSON schema."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from nanokiln.analysis.experiment.verdict import Outcome


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PowerRecord(_Record):
    """What nonsense worlds say of a row."""

    worlds: dict[str, float | None] = Field(description="probability of the row by world, null where it has none")
    refused: list[str] = Field(description="worlds in which the row has an answer that does not agree")
    cannot_fail: bool = Field(description="agrees, and in every world as well: not counted")


class VerdictRecord(_Record):
    """A row of the table."""

    id: str
    outcome: Outcome
    probability: float | None = Field(
        ge=0, le=1, description="posterior predictive probability of the accepted range; an upper end where a part of "
        "the row is not computed, null where it is not known"
    )  # fmt: skip
    free: bool = Field(description="decided neither by an input, nor by what was conditioned on, nor by symmetry")
    reason: str
    accepted: str
    results: list[dict[str, Any]] = Field(description="rows as in results.json: name, value, unit, obtained, ...")
    figure: str
    power: PowerRecord


class BreakRecord(_Record):
    """How often a fact is not met."""

    id: str
    share: float = Field(ge=0, le=1)


class StoryRecord(_Record):
    """The facts of one group, judged together under one sample at a time."""

    group: str
    system: str
    facts: list[str] = Field(description="rows that were judged together")
    left_out: list[str] = Field(description="rows without a probability, or not free")
    probability: float = Field(ge=0, le=1, description="that one sample meets all of them")
    breaks: list[BreakRecord] = Field(description="share of the samples under which a fact is not met, largest first")
    without: float = Field(ge=0, le=1, description="the probability if the first of `breaks` is left out")
    samples: int = Field(description="samples that meet all")
    best: int | None = Field(description="index of the sample that meets most, null where the clock plays no part")
    told: float = Field(description="how many facts that sample meets")


class DecidedRecord(_Record):
    """Rows by what their verdict is worth."""

    agrees: list[str] = Field(description="agree, and could have failed")
    disagrees: list[str]
    cannot_fail: list[str] = Field(description="agree in every nonsense world too")


class SupportRecord(_Record):
    """How well a set of hypotheses explains what the clock decides of one story, or of all."""

    group: str = Field(description="letter of the story, or all")
    facts: list[str]
    log10_evidence: float
    error: float = Field(description="standard error of log10_evidence")
    joint: float = Field(ge=0, le=1, description="that one sample of the prior meets all facts")
    joint_error: float
    best: float = Field(description="the most facts that one sample meets")
    log10_bayes_factor: float = Field(description="against the base")
    bayes_factor_error: float = Field(description="standard error of log10_bayes_factor")


class RivalRecord(_Record):
    """A set of hypotheses."""

    name: str
    holds: list[str]
    supports: list[SupportRecord]
    chances: dict[str, float] = Field(description="probability of each fact alone")


class ComparisonRecord(_Record):
    """Rival sets of hypotheses, the base first."""

    sentences: list[str] = Field(description="what the facts require, in words")
    sets: list[RivalRecord]


class ExperimentRecord(_Record):
    """Everything in `experiment.json`."""

    title: str
    samples: int
    effective_samples: float
    summary: str
    decided: DecidedRecord
    counts: dict[Outcome, int]
    counts_unconditioned: dict[Outcome, int]
    verdicts: list[VerdictRecord]
    verdicts_unconditioned: list[VerdictRecord]
    stories: list[StoryRecord]
    stories_unconditioned: list[StoryRecord]
    plateaus: dict[str, dict[str, Any]]
    outlooks: list[dict[str, Any]]
    hypotheses: list[str] = Field(description="those that hold in every verdict and story")
    comparison: ComparisonRecord | None = Field(description="null unless it was asked for")

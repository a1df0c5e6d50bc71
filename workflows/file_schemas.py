"""JSON schemas of what a person writes and of what the program writes, made from the models that read them."""

import importlib
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, get_type_hints

from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, TypeAdapter, create_model

DRAFT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True)
class FileSchema:
    """A kind of file: what it is, and the model that reads it; a record of numbers has none of pydantic's."""

    about: str
    module: str = ""
    model: str = ""


SCHEMAS: Mapping[str, FileSchema] = types.MappingProxyType(
    {
        "recipe": FileSchema("a recipe, YAML", "nanokiln.workflows.recipe.recipe", "Recipe"),
        "campaign": FileSchema("a campaign, YAML", "nanokiln.workflows.campaign.sweep", "Sweep"),
        "site": FileSchema("a site's profile, YAML", "nanokiln.hpc.site", "Site"),
        "card": FileSchema("a potential's card, YAML", "nanokiln.potentials.cards.card", "Card"),
        "clock": FileSchema("an experiment for the clock, YAML", "nanokiln.analysis.clock.spec", "ClockSpec"),
        "own-experiment": FileSchema(
            "an experiment for the clock with its data, YAML",
            "nanokiln.analysis.forecast.own_experiment",
            "OwnExperiment",
        ),
        "facts": FileSchema("facts of an experiment, YAML", "nanokiln.analysis.experiment.facts", "FactTable"),
        "experiment": FileSchema(
            "experiment.json of `nanokiln experiment`", "nanokiln.analysis.experiment.table_record", "ExperimentRecord"
        ),
        "film": FileSchema("particles on a film, YAML", "nanokiln.analysis.film.film_spec", "FilmSpec"),
        "posterior": FileSchema(
            "what `nanokiln infer` keeps, JSON", "nanokiln.analysis.forecast.posterior_record", "PosteriorRecord"
        ),
        "run": FileSchema("run.json of a run directory", "nanokiln.workflows.rundir.record", "RunRecord"),
        "results": FileSchema("results.json of a run, study or trajectory, and records that are kept"),
    }
)


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON schema of a kind of file by its name; KeyError for another."""
    kind = SCHEMAS[name]
    if kind.module:
        model: type[BaseModel] = getattr(importlib.import_module(kind.module), kind.model)
        told = model.model_json_schema()
    else:
        told = _results()
    return {"$schema": DRAFT, "title": name, "description": kind.about, **_without_title(told)}


def _without_title(told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key not in ("title", "description")}


def _results() -> dict[str, Any]:
    """The schema of `Measured.write`: what `Result` and `Series` leave out is optional, a missing number null."""
    from nanokiln.analysis.measured import SCHEMA, Origin, Result, Series

    told = {
        "origin": (_record(Origin), ...),
        "warnings": (list[str], ...),
        "rows": (list[_record(Result)], ...),  # type: ignore[misc]
        "curves": (list[_record(Series)], ...),  # type: ignore[misc]
    }
    schema = TypeAdapter(create_model("Results", __config__=_STRICT, **told)).json_schema()  # type: ignore[call-overload]
    schema["properties"]["schema"] = {"const": SCHEMA}
    schema["required"] = ["schema", *schema["required"]]
    return schema


_STRICT = ConfigDict(extra="forbid")
_ENDS = list[float | None]  # an interval: an end at infinity is null


def _record(kind: type) -> type[BaseModel]:
    """A pydantic model of a dataclass as JSON holds it."""
    hints = get_type_hints(kind)
    told: dict[str, tuple[Any, Any]] = {}
    for one in fields(kind):
        needed = one.default is MISSING and one.default_factory is MISSING and hints[one.name] != NDArray
        told[one.name] = (_as_json(hints[one.name], one.name), ... if needed else None)
    if kind.__name__ == "Series":
        told["unit"] = (str, "")  # a number without a unit says none
    return create_model(kind.__name__, __config__=_STRICT, **told)  # type: ignore[call-overload,no-any-return]


def _as_json(hint: Any, name: str) -> Any:
    text = str(hint)
    if "ndarray" in text:
        return list[float | None]
    return _ENDS | None if name == "interval" else hint

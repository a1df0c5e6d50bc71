"""The verbs of the clock: what they write, and one clear error for what cannot be done."""

import json
import shutil
from pathlib import Path

import pytest

from nanokiln.analysis.experiment import shipped_experiments
from nanokiln.workflows.cli.clock_commands import barriers, clock, experiment, infer, stored_energies, what_if
from nanokiln.workflows.errors import InputError

SPEC = """
heating: {plateaus_C: [300, 400], hold_min: 10}
samples: 60
particles:
  - {name: fed, kind: rod, diameter_nm: 5, donors: 400}
  - {name: bare, kind: rod, diameter_nm: 5}
  - {name: plate, kind: sandwich, diameter_nm: 12, length_nm: 9}
  - {name: pair, kind: janus, diameter_nm: 12}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "own.yaml"
    path.write_text(text)
    return path


def chances(folder: Path) -> list[object]:
    """How probable none, partial and complete are for the first particle of a prediction."""
    first = json.loads((folder / "clock.json").read_text())["particles"][0]
    return [plateau["none_partial_complete"] for plateau in first["plateaus"]]


def test_clock_answers_for_every_particle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clock(written(tmp_path, SPEC), tmp_path / "out")
    found = json.loads((tmp_path / "out" / "clock.json").read_text())["particles"]
    assert [p["name"] for p in found] == ["fed", "bare", "plate", "pair"]
    assert [p["watched"] for p in found] == ["selenide converted", "CdSe lost", "selenide converted", "P lost"]
    for prediction in found:
        assert all(abs(sum(p["none_partial_complete"]) - 1) < 1e-12 for p in prediction["plateaus"])
        assert [r["name"] for r in prediction["reaches"]] == ["onset", "midpoint", "completion"]
        assert all(
            r["never"] == 0 or (r["never"] <= 1 and f"never in {100 * r['never']:.0f} %" in r["words"])
            for r in prediction["reaches"]
        )
        assert len(prediction["courses"]["share"]["median"]) == len(prediction["minutes"])
    assert set(found[0]["limiting_step"]) == {"desorption", "kick-out", "penetration", "diffusion", "supply"}
    assert "slowest step" in capsys.readouterr().out
    assert (tmp_path / "out" / "clock.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("diameter_nm: 5, donors", "diametre_nm: 5, donors"), "diametre_nm"),
        (("hold_min: 10", "hold_min: -3"), "greater than 0"),
        (("samples: 60", "samples: 60\ninputs: {H_CdTe: {value: 1}}"), "no input is called 'H_CdTe'"),
    ],
)
def test_what_cannot_be_done_is_one_clear_error(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        clock(written(tmp_path, SPEC.replace(*change)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_infer_refuses_a_group_that_is_not_there() -> None:
    with pytest.raises(InputError, match=r"no group of observations is called 'control'.*controls"):
        infer(None, group=["control"], samples=50)


def test_computed_numbers_are_asked_for_by_name(tmp_path: Path) -> None:
    spec = written(tmp_path, SPEC.replace("samples: 60", "samples: 30"))
    with pytest.raises(InputError, match=r"no stored energies called 'chgnet-lda'; there are: .*chgnet"):
        clock(spec, tmp_path / "out", energies="chgnet-lda")
    tables, computed = tmp_path / "tables", tmp_path / "computed"
    clock(spec, tables, controls=False)
    clock(spec, computed, energies="chgnet", computed_barriers=True, controls=False)
    assert chances(tables) != chances(computed)
    assert {row["property"] for row in stored_energies("chgnet")["rows"]} >= {"formation energy"}


def test_what_cannot_be_computed_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no step is called 'Cu jump'; there are: .*Cu hop in CdSe"):
        barriers(tmp_path / "b.yaml", ["Cu jump"])
    with pytest.raises(InputError, match="not a run directory"):
        experiment(out=tmp_path / "out", run=[tmp_path])
    with pytest.raises(InputError, match=r"no experiment 'review2018'; there are: .*review2019"):
        experiment("review2018", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_infer_prints_what_the_controls_teach(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    infer(None, tmp_path / "posterior.json", group=["controls"], samples=160)
    out = capsys.readouterr().out
    assert "log10_alpha_CdSe" in out
    assert out.count("seen again with probability") == 3


def test_what_if_draws_its_map(tmp_path: Path) -> None:
    what_if(vary=["gap_nm=1:100:3:log", "donors=10,40"], out=tmp_path, samples=40, controls=False)
    assert (tmp_path / "what-if.png").exists()
    points = json.loads((tmp_path / "what-if.json").read_text())["points"]
    assert len(points) == 3 * 2
    assert all(point["none"] + point["partial"] + point["complete"] == pytest.approx(1) for point in points)


def test_what_if_sweeps_ones_own_particle(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="girth_nm"):
        what_if(written(tmp_path, SPEC), vary=["girth_nm=1,2"], out=tmp_path / "out", samples=10, controls=False)
    assert not (tmp_path / "out").exists()


def test_an_experiment_of_ones_own_is_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "own"
    shutil.copytree(shipped_experiments()["cdse-disc"], own)
    table = own / "facts.yaml"
    table.write_text(table.read_text().replace("upper: 0.15", "upper: 0.01"))
    experiment(str(own), tmp_path / "facts")
    told = json.loads((tmp_path / "facts" / "experiment.json").read_text())
    assert {v["id"]: v["outcome"] for v in told["verdicts"]}["M2"] == "disagrees"
    assert "1 disagrees" in capsys.readouterr().out
    assert "in 62 ps of dynamics" in (tmp_path / "facts" / "experiment.html").read_text()


def test_every_set_of_energies_that_is_named_is_read(tmp_path: Path) -> None:
    for names in (["nequix", "chgnet-lda"], ["chgnet-lda", "nequix"]):
        with pytest.raises(InputError, match="no stored energies called 'chgnet-lda'"):
            experiment("cdse-disc", tmp_path, energies=names)


def test_hypotheses_are_chosen_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    experiment("cdse-disc", tmp_path / "beam", supposing=["electron beam"], denying=["copper must nucleate"])
    assert "hypotheses that hold: exchange through the bulk, electron beam" in capsys.readouterr().out
    told = json.loads((tmp_path / "beam" / "experiment.json").read_text())
    assert told["hypotheses"] == ["exchange through the bulk", "electron beam"]
    assert told["comparison"] is None
    assert "sites x cross-section x dose rate" in (tmp_path / "beam" / "experiment.html").read_text()
    with pytest.raises(InputError, match=r"no hypothesis is called 'beam'; there are: .*electron beam"):
        experiment("cdse-disc", tmp_path / "none", supposing=["beam"])


def test_the_clock_takes_hypotheses_too(tmp_path: Path) -> None:
    spec = written(tmp_path, SPEC)
    clock(spec, tmp_path / "base")
    clock(spec, tmp_path / "residue", supposing=["carbon residue"])
    assert chances(tmp_path / "base") != chances(tmp_path / "residue")
    with pytest.raises(InputError, match="cannot both hold and not hold"):
        clock(spec, tmp_path / "none", supposing=["carbon residue"], denying=["carbon residue"])

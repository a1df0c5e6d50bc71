import json

import numpy as np
import pytest
from ase import Atoms

from nanokiln.potentials.cards.chgnet import WEIGHTS, base_model, load_tuned
from nanokiln.potentials.training import finetune
from nanokiln.potentials.training.pbe_labels import load_labels
from nanokiln.structures.storage import sha256


def test_offsets_of_a_formula_are_found_exactly_and_lone_cells_have_none() -> None:
    cells = [Atoms("CdSe"), Atoms("Cd4Se4"), Atoms("Cu2Se"), Atoms("Cu4"), Atoms("Cu")]
    told = np.array([0.7 * 2, 0.7 * 8, 1.0, -0.4 * 4, -0.4])
    assert finetune.formula_offsets(cells, told) == pytest.approx({"CdSe": 0.7, "Cu": -0.4})


def test_held_out_cells_stay_held_out_as_the_set_grows() -> None:
    cells = [Atoms("CdSe", info={"i": i}) if i % 3 else Atoms("Cu", info={"i": i}) for i in range(40)]
    _, few = finetune.split(cells[:25])
    training, many = finetune.split(cells)
    assert {c.info["i"] for c in few} <= {c.info["i"] for c in many}
    assert len(training) + len(many) == 40
    for chemistry in ("Cd-Se", "Cu"):
        members = [c for c in cells if finetune.chemistry(c) == chemistry]
        assert len([c for c in many if finetune.chemistry(c) == chemistry]) == len(members) // 4


def test_rare_chemistries_are_drawn_more_often() -> None:
    cells = [Atoms("CdSe")] * 16 + [Atoms("P")] * 4
    share = finetune.sampling_share(cells)
    assert share.sum() == pytest.approx(1.0)
    assert share[:16].sum() == pytest.approx(2 * share[16:].sum())  # sqrt(16) : sqrt(4)


def test_shipped_weights_are_what_their_description_says() -> None:
    told = json.loads(WEIGHTS.with_suffix(".json").read_text())
    assert sha256(WEIGHTS) == told["sha256"]
    assert {row["group"] for row in told["held_out_after"]} >= {"Cd-Se", "Cu", "Cu-P", "Cu-Se", "all"}


@pytest.mark.teacher
def test_corrected_teacher_reproduces_its_figures_and_beats_the_uncorrected() -> None:
    pytest.importorskip("chgnet")
    told = json.loads(WEIGHTS.with_suffix(".json").read_text())
    _, held_out = finetune.split(load_labels())
    held_out = [cell for cell in held_out if finetune.chemistry(cell) == "Cu"]
    before, _ = finetune.parity(base_model(), held_out, told["offsets_eV_atom"], finetune.chemistry)
    after, _ = finetune.parity(load_tuned(), held_out, told["offsets_eV_atom"], finetune.chemistry)
    assert abs(1 - after.slope) < abs(1 - before.slope)
    assert after.force_rmse_eV_A < before.force_rmse_eV_A


@pytest.mark.teacher
def test_weights_survive_saving_and_a_changed_file_is_refused(tmp_path) -> None:
    pytest.importorskip("chgnet")
    cells = [cell for cell in load_labels() if len(cell) <= 8][:2]
    model = base_model()
    losses = list(finetune.finetune(model, cells, {}, finetune.TuningSchedule(epochs=2)))
    assert len(losses) == 2 and np.isfinite(losses).all()
    finetune.save_weights(model, tmp_path / "w.npz")
    loaded = load_tuned(tmp_path / "w.npz")
    assert finetune.predict(loaded, cells)[0][0] == pytest.approx(finetune.predict(model, cells)[0][0], abs=1e-5)
    (tmp_path / "w.json").write_text('{"sha256": "0"}')
    with pytest.raises(ValueError, match="is not the file"):
        load_tuned(tmp_path / "w.npz")

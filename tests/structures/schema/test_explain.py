"""Validation errors in words."""

import pytest
from pydantic import ValidationError

from nanokiln.structures.builders.specs import FileSpec
from nanokiln.structures.schema.explain import explain


@pytest.mark.parametrize(
    ("repeat", "complaint"),
    [
        (4, "repeat: expected a list of 3, as [4, 4, 4] (given: 4)"),
        ("abc", "repeat: expected a list of 3 (given: 'abc')"),
        ([4, 4], "repeat[2]: is missing from the list (given: [4, 4])"),
    ],
)
def test_a_list_of_a_fixed_length_is_shown(repeat: object, complaint: str) -> None:
    with pytest.raises(ValidationError) as told:
        FileSpec.model_validate({"kind": "file", "path": "x.cif", "repeat": repeat})
    assert explain(told.value, FileSpec, "model") == f"model: {complaint}"

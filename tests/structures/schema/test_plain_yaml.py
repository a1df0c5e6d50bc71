"""YAML within bounds: what a file may not do is one line that names the place."""

from pathlib import Path

import pytest

from nanokiln.structures.schema.plain_yaml import PlainYamlError, load_yaml, read_yaml


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 1: the key 'a' is given twice"),
        ("a: {b: 1, b: 2}", "the key 'b' is given twice"),
        ("a: &x [*x]", "contains itself"),
        ("&x {a: {b: *x}}", "contains itself"),
        ("[" * 70 + "]" * 70, "nested deeper than 60"),
        ("[" * 5000 + "]" * 5000, "nested deeper than 60"),
        ("a: [1, 2", "is not plain YAML: line"),
        ("a: !!python/name:os.system", "is not plain YAML: line 1"),
        ("a: 2020-13-45", "is not plain YAML"),
        ("a: !!int x", "is not plain YAML"),
        ("a: \x07", "is not plain YAML"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_in_one_line(text: str, complaint: str) -> None:
    with pytest.raises(PlainYamlError) as told:
        load_yaml(text, "file.yaml")
    assert complaint in str(told.value)
    assert str(told.value).startswith("file.yaml")
    assert "\n" not in str(told.value)


def test_aliases_may_be_used_but_not_piled_up() -> None:
    assert load_yaml("a: &x [1, 2]\nb: *x\nc: {<<: {d: 1}, d: 2}", "f") == {"a": [1, 2], "b": [1, 2], "c": {"d": 2}}
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))
    with pytest.raises(PlainYamlError, match="unfold to more than"):
        load_yaml(bomb, "f")


def test_files_are_utf8_with_or_without_a_mark_and_of_bounded_size(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: \xc3\xa9\n")
    assert read_yaml(path) == {"name": "é"}
    path.write_bytes("name: é\n".encode("latin-1"))
    with pytest.raises(PlainYamlError, match="UTF-8 was expected, but byte 6"):
        read_yaml(path)
    path.write_text("# " + "x" * 5_000_000)
    with pytest.raises(PlainYamlError, match="at most 4 MB"):
        read_yaml(path)
    with pytest.raises(PlainYamlError, match="cannot be read"):
        read_yaml(tmp_path)

"""YAML as people write it, read within bounds: every key once, no recursion, and no file that unfolds without end."""

from pathlib import Path

import yaml

_MOST_BYTES = 4_000_000
_MOST_VALUES = 200_000
_DEEPEST = 60
_BROKEN = (yaml.YAMLError, ValueError, LookupError, TypeError, ArithmeticError, AttributeError)


class PlainYamlError(ValueError):
    """A file that is no plain YAML: where, and what was expected."""


def read_yaml(path: Path) -> object:
    """Return the content of a YAML file of the user's, PlainYamlError where it is none (missing files included)."""
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise PlainYamlError(f"{path}: a YAML file of at most {_MOST_BYTES / 1e6:g} MB was expected, not {size} B")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlainYamlError(
            f"{path}: text in UTF-8 was expected, but byte {error.start} is none: save the file as UTF-8"
        ) from error
    except OSError as error:
        raise PlainYamlError(f"{path} cannot be read: {error.strerror}") from error
    return load_yaml(text, str(path))


def load_yaml(text: str, where: str) -> object:
    """Return the value of one YAML document; PlainYamlError in one line for anything else."""
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _measure(node, where, {}, ())
        return loader.construct_document(node)
    except PlainYamlError:
        raise
    except RecursionError as error:
        raise PlainYamlError(f"{where}: nested deeper than {_DEEPEST} levels") from error
    except _BROKEN as error:
        raise PlainYamlError(f"{where} is not plain YAML: {_words(error)}") from error


def _measure(node: yaml.Node, where: str, known: dict[int, int], above: tuple[int, ...]) -> int:
    """Return how many values a node unfolds to; PlainYamlError for too many, too deep, in itself, or a key twice."""
    line = f"{where}, line {node.start_mark.line + 1}"
    if id(node) in above:
        raise PlainYamlError(f"{line}: a value that contains itself (an alias within its own anchor)")
    if len(above) > _DEEPEST:
        raise PlainYamlError(f"{line}: nested deeper than {_DEEPEST} levels")
    if id(node) not in known:
        total, within = 1, (*above, id(node))
        for child in _children(node, line):
            total += _measure(child, where, known, within)
        if total > _MOST_VALUES:
            raise PlainYamlError(f"{line}: its aliases unfold to more than {_MOST_VALUES} values")
        known[id(node)] = total
    return known[id(node)]


def _children(node: yaml.Node, line: str) -> list[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if not isinstance(node, yaml.MappingNode):
        return []
    keys = [(key.tag, key.value) for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
    if twice := sorted({str(value) for tag, value in keys if keys.count((tag, value)) > 1}):
        raise PlainYamlError(f"{line}: the key {twice[0]!r} is given twice in one mapping: keep one of them")
    return [part for pair in node.value for part in pair]


def _words(error: Exception) -> str:
    """Return what the parser found, in a line."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem or error.context}"
    text = " ".join(str(error).split())[:200]
    return "an integer with thousands of digits" if "integer string" in text else text or type(error).__name__

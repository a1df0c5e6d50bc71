"""What can go wrong, as errors a person can act on; each class has its exit code."""

from nanokiln.structures.schema.printed import printable


class InputError(ValueError):
    """Something asked for cannot be done: what was expected, what was given, how to mend it. Exit code 2."""

    exit_code = 2


class GuardError(RuntimeError):
    """The dynamics left the ground it can be trusted on; the last good state is kept. Exit code 3."""

    exit_code = 3


class RunError(RuntimeError):
    """A rank failed, or the launcher did; all ranks have ended. Exit code 1."""

    exit_code = 1


def told(error: Exception) -> str:
    """Return an error's words for a terminal: control characters are written out, so that they do nothing there."""
    return "\n".join(printable(line) for line in str(error).splitlines())

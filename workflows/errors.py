"""What can go wrong, as errors a person can act on; each class has its exit code."""

import difflib


class InputError(ValueError):
    """Something asked for cannot be done: what was expected, what was given, how to mend it. Exit code 2."""

    exit_code = 2


class GuardError(RuntimeError):
    """The dynamics left the ground it can be trusted on; the last good state is kept. Exit code 3."""

    exit_code = 3


class RunError(RuntimeError):
    """A rank failed, or the launcher did; all ranks have ended. Exit code 1."""

    exit_code = 1


def nearest(word: str, known: list[str]) -> str:
    """Return `; did you mean ...?` and the known words."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5) or [k for k in known if k.startswith(word)][:1]
    hint = f"; did you mean '{close[0]}'?" if close else ";"
    return f"{hint} There are: {', '.join(known)}"

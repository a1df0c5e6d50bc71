"""Text as a terminal may show it."""


def printable(text: str) -> str:
    """Return a text in which control characters, line breaks too, are written out and do nothing."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)

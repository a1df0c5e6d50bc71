"""What a person may write: plain YAML, finite numbers, plain names, and faults put into a line each."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

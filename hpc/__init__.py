"""Schedulers and campaigns: given a command and resources, get it run."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

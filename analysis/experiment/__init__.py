"""Experiments: facts, evidence, verdicts. Knows no paper.

>>> from nanokiln.analysis.experiment import load_experiment
>>> [fact.id for fact in load_experiment("cdse-disc").table.of_group("M")]
['M1', 'M2', 'M3', 'M4']
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

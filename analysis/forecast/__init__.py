"""What one's own experiment will do: data in, posterior in, predictions and campaigns out.

>>> from nanokiln.analysis.clock import ClockSpec, default_inputs
>>> from nanokiln.analysis.forecast import of_prior, predict
>>> rod = {"name": "rod", "kind": "rod", "diameter_nm": 5, "donors": 40}
>>> spec = ClockSpec.model_validate({"heating": {"plateaus_C": [325], "hold_min": 60}, "particles": [rod]})
>>> [one.watched for one in predict(spec, of_prior(default_inputs(), 20, seed=1))]
['selenide converted']
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

from .page import render
from .plots import curves, data_uri, figure

__all__ = [
    "curves",
    "data_uri",
    "figure",
    "render",
]

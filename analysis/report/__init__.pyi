from .page import render
from .plots import curves, data_uri, figure, png_uri

__all__ = [
    "curves",
    "data_uri",
    "figure",
    "png_uri",
    "render",
]

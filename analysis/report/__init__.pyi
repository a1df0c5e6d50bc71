from .model_view import ModelView, view
from .page import render
from .plots import curves, data_uri, figure

__all__ = [
    "ModelView",
    "curves",
    "data_uri",
    "figure",
    "render",
    "view",
]

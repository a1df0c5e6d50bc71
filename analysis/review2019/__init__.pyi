from .content import ANSWERERS, CONTENT
from .scenes import SCENES

__all__ = ["ANSWERERS", "CONTENT", "SCENES"]

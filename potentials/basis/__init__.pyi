from .committee import Committee
from .core import Core
from .pod import Pod
from .pod_file import write_pod
from .splines import Basis, Grid
from .uf3_file import write_uf3

__all__ = ["Basis", "Committee", "Core", "Grid", "Pod", "write_pod", "write_uf3"]

from .dump import DumpFrame, read_dump, write_dump
from .foreign import open_foreign, read_model
from .h5md import write_frames
from .neighbours import nearest, pairs, spacing
from .thermo import Thermo, ThermoStage
from .trajectory import Snapshot, Trajectory, convert, joined
from .unwrap import Unwrapper

__all__ = [
    "DumpFrame",
    "Snapshot",
    "Thermo",
    "ThermoStage",
    "Trajectory",
    "Unwrapper",
    "convert",
    "joined",
    "nearest",
    "open_foreign",
    "pairs",
    "read_dump",
    "read_model",
    "spacing",
    "write_dump",
    "write_frames",
]

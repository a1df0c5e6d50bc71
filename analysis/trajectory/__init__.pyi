from .dump import DumpFrame, ReadOptions, read_dump, write_dump
from .foreign import Foreign, Said, open_foreign
from .formats import format_of, read_frames
from .frames_out import write_out
from .h5md import write_frames
from .log import read_log
from .neighbours import nearest, pairs, spacing
from .thermo import Thermo, ThermoStage
from .trajectory import Snapshot, Trajectory, convert, joined
from .unwrap import Unwrapper

__all__ = [
    "DumpFrame",
    "Foreign",
    "ReadOptions",
    "Said",
    "Snapshot",
    "Thermo",
    "ThermoStage",
    "Trajectory",
    "Unwrapper",
    "convert",
    "format_of",
    "joined",
    "nearest",
    "open_foreign",
    "pairs",
    "read_dump",
    "read_frames",
    "read_log",
    "spacing",
    "write_dump",
    "write_frames",
    "write_out",
]

from .calibrated_image import CalibratedImage, write_emd
from .element_map import LineScan, element_maps, line_scan, xray_counts
from .instrument import Exposure, Instrument, load_instrument
from .rings import Ring, RingProfile, find_rings, index_rings, powder
from .specimen import Specimen, mount
from .spots import IndexedSpot, Spot, diffraction, find_spots, index_spots
from .z_contrast import haadf

__all__ = [
    "CalibratedImage",
    "Exposure",
    "IndexedSpot",
    "Instrument",
    "LineScan",
    "Ring",
    "RingProfile",
    "Specimen",
    "Spot",
    "diffraction",
    "element_maps",
    "find_rings",
    "find_spots",
    "haadf",
    "index_rings",
    "index_spots",
    "line_scan",
    "load_instrument",
    "mount",
    "powder",
    "write_emd",
    "xray_counts",
]

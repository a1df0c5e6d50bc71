from .contacts import Contacts, contacts_between, radii_A, short_contacts
from .particle import build_particle
from .repair import RepairLog, neutralise, trim
from .scene import build_scene
from .shapes import BoxShape, EllipsoidShape, PrismShape, RodShape, SphereShape, WulffShape
from .specs import (
    ClustersSpec,
    ItemSpec,
    LayerSpec,
    ParticleSpec,
    PartSpec,
    PlateSpec,
    SceneSpec,
    StackSpec,
)
from .stack import build_plate, build_stack

__all__ = [
    "BoxShape",
    "ClustersSpec",
    "Contacts",
    "EllipsoidShape",
    "ItemSpec",
    "LayerSpec",
    "PartSpec",
    "ParticleSpec",
    "PlateSpec",
    "PrismShape",
    "RepairLog",
    "RodShape",
    "SceneSpec",
    "SphereShape",
    "StackSpec",
    "WulffShape",
    "build_particle",
    "build_plate",
    "build_scene",
    "build_stack",
    "contacts_between",
    "neutralise",
    "radii_A",
    "short_contacts",
    "trim",
]

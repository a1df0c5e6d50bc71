"""A coherent slab of crystals of your own: the common cell, the strain that each layer takes, and a picture."""

from pathlib import Path

from nanokiln.structures import build
from nanokiln.structures.output import draw, summarise, write
from nanokiln.structures.schema import read_yaml

model = build(read_yaml(Path("stack.yaml")))
for domain in summarise(model).domains:
    strain = 100 * max(domain.strain, key=abs)
    print(f"{domain.name}: {domain.phase}, {domain.atoms} atoms, strain {strain:+.2f} %")
write(model, "stack.data")
draw(model, "stack.png")

"""Colours that mean the same in every picture: elements, and what is not an element."""

# Elements that meet in a model are told apart by the colour-blind too: a test holds them 15 apart in CIELAB.
COLOURS = {
    "Cd": "#e9cf96",
    "Se": "#3f8f83",
    "Cu": "#c8672b",
    "P": "#6a4fb3",
    "Au": "#f2bd2d",
    "Pb": "#39424e",
    "S": "#a7c440",
    "Bi": "#e3a9cf",
    "Te": "#4c78a8",
}
OTHER = "#b0b0b0"
# Paul Tol's muted scheme, told apart by the colour-blind: for domains and phases, which are not elements.
MUTED = ("#332288", "#88ccee", "#44aa99", "#ddcc77", "#cc6677", "#882255", "#117733", "#aa4499", "#999933")

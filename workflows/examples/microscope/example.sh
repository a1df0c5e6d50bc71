# What the microscope would have shown of a model: maps, a line scan, Z contrast, rings with the crystals that fit.
nanokiln image cu-cu3p-janus-j1-small --mode map,line,haadf,rings --out seen
nanokiln image cu-cu3p-janus-j1-small --mode eds --dose 1e6 --out counted
nanokiln run short.yaml --out short
nanokiln movie short --out short.gif --frames 5 --strip 3

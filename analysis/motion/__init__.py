"""Motion: displacements, diffusion coefficients and activation energies with calibrated errors."""

"""Training: from a teacher's labels to splines that LAMMPS runs."""

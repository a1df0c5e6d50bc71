"""LAMMPS for fits, gates and validation: a session in this process, and runs in a process of their own."""

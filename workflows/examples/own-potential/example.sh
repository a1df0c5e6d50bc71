# Any pair style of LAMMPS without a card: copper by a Morse potential. The report says that its range is unknown.
nanokiln run morse.yaml --out morse
nanokiln potentials list

# One recipe at two rates with two replicas: a study, whose runs go on after any interruption and are measured together.
nanokiln run rates.yaml --out rates
nanokiln status rates

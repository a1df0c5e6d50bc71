"""The review of Casu and Falqui, Adv. Phys. X 4 (2019) 1633957: its scenes and what answers its facts."""

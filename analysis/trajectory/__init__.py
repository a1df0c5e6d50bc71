"""Trajectories: dumps and files of other hands, read once into H5MD and streamed."""

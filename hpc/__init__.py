"""Schedulers and campaigns: given a command and resources, get it run."""

"""Output: pictures, summaries and files for other programs."""

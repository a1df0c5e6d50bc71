"""The minutes clock: thermochemistry, mass balance and activated steps, integrated under all their uncertainty."""

"""Which frames a census is taken of: closer together where atoms move and where the temperature changes."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.motion.rare_hops import JUMP_A
from nanokiln.analysis.trajectory.trajectory import FRAMEWORK, Trajectory

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def census_frames(trajectory: Trajectory, temperature_K: Array, many: int) -> Index:
    """Return so many frames in order, the first and the last among them; all where there are no more.

    A third of them lies evenly in the run, a third by the change of temperature, a third by the atoms that moved.
    """
    n = trajectory.n_frames
    if n <= many:
        return np.arange(n)
    parts = [np.ones(n - 1), abs(np.diff(temperature_K)), activity(trajectory)]
    shares = [part / part.sum() for part in parts if np.isfinite(part).all() and part.sum() > 0]
    course = np.concatenate([[0.0], np.cumsum(np.mean(shares, axis=0))])
    wanted = np.searchsorted(course, np.linspace(0, course[-1], many) - 1e-9)
    return _apart(np.clip(wanted, 0, n - 1), n)


def _apart(wanted: Index, n: int) -> Index:
    """Return the frames with none twice, all within the run: those wanted more than once spread to both sides."""
    order = np.arange(len(wanted))
    forward = np.maximum.accumulate(wanted - order) + order
    backward = np.minimum.accumulate((wanted - order)[::-1])[::-1] + order
    return np.asarray(np.clip((forward + backward) // 2, order, n - len(wanted) + order), dtype=np.int64)


def activity(trajectory: Trajectory) -> Array:
    """Return how many atoms moved on between each frame and the next, (n_frames - 1,), apart from their surroundings.

    An atom moved if the mean of its places in the two frames before lies further than a vibration from that in the two
    after, the median motion of all taken away.
    """
    mobile = ~np.isin(trajectory.elements, list(FRAMEWORK))
    mobile = mobile if mobile.any() else ~mobile
    out, recent = np.zeros(trajectory.n_frames - 1), deque[Array](maxlen=4)
    for snapshot in trajectory.frames():
        recent.append(snapshot.displacements[mobile])
        if len(recent) == recent.maxlen:
            step = 0.5 * (recent[3] + recent[2] - recent[1] - recent[0])
            step -= np.nanmedian(step, axis=0)
            out[snapshot.index - 2] = np.sum((step**2).sum(axis=1) > JUMP_A**2)
    return out

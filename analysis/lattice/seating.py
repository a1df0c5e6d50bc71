"""Seating: who gets which place at the least total cost, when most have a place that nobody else wants.

Shortest augmenting paths (Jonker, Volgenant, Computing 38 (1987) 325), from the start in which everyone takes the
cheapest place that is still free: only those who find theirs taken search, and each search ends where the conflict
ends. So the cost grows with the number of conflicts, not with the square of the system.
"""

import heapq
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def cheapest_seats(start: Index, place: Index, cost: Array, places: int, outside: float) -> Index:
    """Return the place of each person (n,), -1 for who stays outside at the cost `outside`; exact, each place once.

    Person i may have the places `place[start[i]:start[i + 1]]` at those costs, none of them negative.

    >>> import numpy as np
    >>> start, place, cost = np.array([0, 2, 3]), np.array([0, 1, 0]), np.array([1.0, 1.5, 1.2])
    >>> cheapest_seats(start, place, cost, places=2, outside=9.0).tolist()  # 1.5 + 1.2 is less than 1.0 + 9.0
    [1, 0]
    """
    out: Index = _seats(start.astype(np.int64), place.astype(np.int64), cost, places, outside)
    return out


@njit(cache=True)  # type: ignore[untyped-decorator]
def _seats(start: Index, place: Index, cost: Array, places: int, outside: float) -> Index:  # pragma: no cover
    n = len(start) - 1
    seat, holder = np.full(n, -1, np.int64), np.full(places, -1, np.int64)
    price, paid = np.zeros(places), np.zeros(n)
    waiting = np.zeros(n, np.bool_)
    for i in range(n):
        best, at = outside, -1
        for k in range(start[i], start[i + 1]):
            if cost[k] < best:
                best, at = cost[k], place[k]
        if at >= 0 and holder[at] >= 0:
            waiting[i] = True
        elif at >= 0:
            seat[i], holder[at], paid[i] = at, i, best
    way, came, done = np.full(places, np.inf), np.zeros(places, np.int64), np.zeros(places, np.bool_)
    for i in range(n):
        if waiting[i]:
            _seat_one(i, (start, place, cost, outside), (seat, holder, price, paid), (way, came, done))
    return seat


@njit(cache=True)  # type: ignore[untyped-decorator]
def _seat_one(who: int, wishes: Any, standing: Any, search: Any) -> None:  # pragma: no cover
    """Give one more person a place, moving others along the cheapest chain; Dijkstra on costs less prices."""
    start, place, cost, outside = wishes
    seat, holder, price, paid = standing
    way, came, done = search
    heap = [(0.0, -1)]
    heap.pop()
    touched = [0]
    touched.pop()
    row, so_far, least, leaves, end = who, 0.0, np.inf, -1, -1
    while True:
        own = 0.0 if row == who else paid[row]
        if so_far + outside - own < least:
            least, leaves = so_far + outside - own, row
        for k in range(start[row], start[row + 1]):
            column = place[k]
            if done[column]:
                continue
            there = so_far + max(cost[k] - price[column] - own, 0.0)
            if there < way[column]:
                if way[column] == np.inf:
                    touched.append(column)
                way[column], came[column] = there, row
                heapq.heappush(heap, (there, column))
        column = -1
        while len(heap) > 0:
            far, first = heapq.heappop(heap)
            if not done[first] and far <= way[first]:
                column = first
                break
        if column < 0 or way[column] >= least:
            break
        if holder[column] < 0:
            least, end, leaves = way[column], column, -1
            break
        done[column] = True
        row, so_far = holder[column], way[column]
    for column in touched:
        if done[column]:
            price[column] += way[column] - least
    # Along the chain everyone moves to the place that the search reached it from.
    if end < 0:
        end = seat[leaves] if leaves != who else -1
        seat[leaves] = -1
    while end >= 0:
        row = came[end]
        before = seat[row] if row != who else -1
        seat[row], holder[end] = end, row
        end = before
    for column in touched:
        if done[column] or holder[column] >= 0:
            owner = holder[column]
            for k in range(start[owner], start[owner + 1]):
                if place[k] == column:
                    paid[owner] = cost[k] - price[column]
        way[column], done[column] = np.inf, False

"""How long to wait before the next try: exponential with full jitter.

Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

from __future__ import annotations

from collections.abc import Callable


def bound_s(attempt: int, first_s: float, cap_s: float) -> float:
    """Longest wait before retry number `attempt` (0 is the first), in seconds."""
    doublings = min(attempt, 64)  # beyond, every sensible cap is reached; keeps the power small
    return min(cap_s, first_s * 2.0**doublings)


def wait_s(attempt: int, first_s: float, cap_s: float, draw: Callable[[], float]) -> float:
    """The wait before retry number `attempt`: `draw`, in [0, 1), of its bound, in seconds."""
    return draw() * bound_s(attempt, first_s, cap_s)

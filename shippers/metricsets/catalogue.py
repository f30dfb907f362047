"""The metricsets by name, and the shape that they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from shippers.metricsets.document import Reading
from shippers.metricsets.gpu import Gpu
from shippers.metricsets.health import Health
from shippers.metricsets.host import Host
from shippers.metricsets.settings import SamplerSettings


class Metricset(Protocol):
    """One kind of samples."""

    def read(self) -> Reading:
        """A sample of now. What cannot be read is a trouble in it, not an exception."""

    def close(self) -> None:
        """Gives back what is held; `read` may be called again."""


METRICSETS: Final[Mapping[str, Callable[[SamplerSettings], Metricset]]] = {
    "gpu": Gpu,
    "host": Host,
    "health": Health,
}

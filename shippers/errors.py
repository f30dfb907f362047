"""What can stop the shipper.

ShipperError            shipper_error
├── HomeInUse           home_in_use          another shipper works on this folder
├── RegistryTooNew      registry_too_new     a newer Cardwatch wrote the registry
├── RegistryDamaged     registry_damaged     SQLite cannot read it
├── RedriveRunning      redrive_running      another redrive works on this folder
└── HomeMissing         home_missing         there is no such folder to audit or redrive
"""

from __future__ import annotations


class ShipperError(Exception):
    """Base of them all; `code` is stable, the text says what to do."""

    code = "shipper_error"


class HomeInUse(ShipperError):
    """Another shipper holds the lock of this home folder."""

    code = "home_in_use"


class RegistryTooNew(ShipperError):
    """The registry's schema is newer than this version knows."""

    code = "registry_too_new"


class RegistryDamaged(ShipperError):
    """The registry is no SQLite database or one with damaged pages."""

    code = "registry_damaged"


class RedriveRunning(ShipperError):
    """Another `cardwatch redrive` works on this folder."""

    code = "redrive_running"


class HomeMissing(ShipperError):
    """There is no home folder of that name: nothing can be said of it, and nothing is made there."""

    code = "home_missing"

"""Lines that will never become documents as they stand: one NDJSON file per reason, bounded.

mask      takes numbers of documents and images out of a text (pure)
entries   a refused or unfit line -> an entry, and back (pure)
folder    the files: appends entries, reads them, takes some out
redriven  which lines left the quarantine for Elasticsearch
"""

from shippers.quarantine.entries import Entry, Kept, Key, refused_entries, unfit_entries
from shippers.quarantine.folder import Quarantine
from shippers.quarantine.mask import mask

__all__ = ["Entry", "Kept", "Key", "Quarantine", "mask", "refused_entries", "unfit_entries"]

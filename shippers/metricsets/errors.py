"""What can stop the sampler.

SamplerError            sampler_error
└── SpoolInUse          spool_in_use         another sampler writes this file
"""

from __future__ import annotations


class SamplerError(Exception):
    """Base of them all; `code` is stable, the text says what to do."""

    code = "sampler_error"


class SpoolInUse(SamplerError):
    """Another sampler holds the lock of a spool file."""

    code = "spool_in_use"

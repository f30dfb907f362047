"""Settings of the samplers."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

LONGEST_PERIOD_S = 3600.0


class SamplerSettings(BaseModel):
    """How often each metricset is read, what is probed, how much may wait in the spool."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gpu_period_s: float = Field(
        10.0, ge=1, le=LONGEST_PERIOD_S, description="Time from one GPU sample to the next."
    )
    host_period_s: float = Field(
        10.0, ge=1, le=LONGEST_PERIOD_S, description="Time from one sample of the host to the next."
    )
    health_period_s: float = Field(
        10.0, ge=1, le=LONGEST_PERIOD_S, description="Time from one probe of a service to the next."
    )
    services: str = Field(
        "",
        description="URLs of the services to probe, with spaces between; empty: the local service.",
    )
    timeout_s: float = Field(5.0, gt=0, le=300, description="A probe that takes longer has failed.")
    answer_bytes: int = Field(
        64 * 1024, ge=1024, description="A probe whose answer is longer than this has failed."
    )
    gpu_retry_s: float = Field(
        10.0, gt=0, description="How often a driver or a GPU that is gone is looked for again."
    )
    gpu_xids: int = Field(100, ge=1, description="Most Xid events taken from the driver in one sample.")
    scan_s: float = Field(
        60.0, ge=1, description="How often all processes and disks are looked through for new ones."
    )
    processes: int = Field(200, ge=1, description="Most own processes that are sampled; more are left out.")
    file_bytes: int = Field(16 * 1024 * 1024, ge=4096, description="A spool file is rotated at this size.")
    files: int = Field(
        8,
        ge=1,
        description="Rotated spool files kept of each metricset; older ones are removed and reported.",
    )
    late_periods: float = Field(
        3.0, ge=1, description="A sample that takes more than this many periods is reported as hanging."
    )
    stop_s: float = Field(5.0, ge=0, description="How long a stop waits for the samples in progress.")

    @field_validator("services")
    @classmethod
    def _http_urls(cls, services: str) -> str:
        for url in services.split():
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(f"{url} is no http:// or https:// URL")
            if parts.username or parts.password:
                raise ValueError("a service's URL stands in every line: no user or password in it")
        return services

    def period_s(self, metricset: str) -> float:
        """The period of one metricset, `gpu`, `host` or `health`."""
        return float(getattr(self, f"{metricset}_period_s"))

    @property
    def urls(self) -> tuple[str, ...]:
        """The services to probe, without a slash at the end."""
        return tuple(dict.fromkeys(url.rstrip("/") for url in self.services.split()))

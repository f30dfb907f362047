"""Settings of the shipper."""

from pydantic import BaseModel, ConfigDict, Field


class ShipperSettings(BaseModel):
    """How much goes into one request, how often files are looked at, how long to wait after a failure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_lines: int = Field(2000, ge=1, le=100_000, description="Most lines in one bulk request.")
    batch_bytes: int = Field(5 * 1024 * 1024, ge=1024, description="Most bytes of lines in one bulk request.")
    line_bytes: int = Field(1024 * 1024, ge=64, description="A longer line goes to quarantine.")
    poll_s: float = Field(0.2, gt=0, description="How often files are looked at when there is nothing to do.")
    timeout_s: float = Field(60.0, gt=0, description="Longest wait for the answer to one bulk request.")
    backoff_first_s: float = Field(0.5, gt=0, description="Upper bound of the first wait after a failure.")
    backoff_cap_s: float = Field(60.0, gt=0, description="Upper bound of any wait after a failure.")

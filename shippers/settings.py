"""Settings of the shipper."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ShipperSettings(BaseModel):
    """How much goes into one request, how often files are looked at, how long to wait after a failure."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    batch_lines: int = Field(2000, ge=1, le=100_000, description="Most lines in one bulk request.")
    batch_bytes: int = Field(5 * 1024 * 1024, ge=1024, description="Most bytes of lines in one bulk request.")
    batch_age_s: float = Field(
        0.1, ge=0, description="A batch that is not full is sent when its first line waited this long."
    )
    in_flight: int = Field(4, ge=1, le=64, description="Most bulk requests under way at once.")
    validation: Literal["cheap", "full"] = Field(
        "cheap",
        alias="validate",
        description="`cheap` glances at each line; `full` parses it as JSON before it is sent.",
    )
    line_bytes: int = Field(1024 * 1024, ge=64, description="A longer line goes to quarantine.")
    read_bytes: int = Field(2 * 1024 * 1024, ge=1024, description="Most bytes read from a file at once.")
    fingerprint_bytes: int = Field(
        4096,
        ge=64,
        le=1024 * 1024,
        description="How far the fingerprint of a file grows from its first byte.",
    )
    same_first_lines: int = Field(
        1000, ge=1, description="Most files with the same first line that are told apart; more are left."
    )
    open_files: int = Field(512, ge=1, description="Most files held open at once.")
    poll_s: float = Field(0.1, gt=0, description="How often files are looked at while lines come.")
    idle_poll_s: float = Field(
        0.5, gt=0, description="How often files are looked at when no line came for five seconds."
    )
    timeout_s: float = Field(60.0, gt=0, description="Longest wait for the answer to one bulk request.")
    backoff_first_s: float = Field(0.5, gt=0, description="Upper bound of the first wait after a failure.")
    backoff_cap_s: float = Field(60.0, gt=0, description="Upper bound of any wait after a failure.")
    retry_after_cap_s: float = Field(
        300.0, ge=0, description="Upper bound of a wait that the server asks for with Retry-After."
    )
    stop_s: float = Field(
        10.0, ge=0, description="How long a stop goes on shipping what is written, and waits for answers."
    )
    metrics_port: int = Field(
        9464,
        ge=0,
        le=65535,
        description="Port on loopback of the shipper's own counters for Prometheus; 0 for none.",
    )
    report_s: float = Field(60.0, gt=0, description="Counters and outages are logged at most this often.")
    quarantine_bytes: int = Field(
        64 * 1024 * 1024,
        ge=0,
        description="Most bytes in the quarantine folder; beyond, lines are only counted.",
    )
    quarantine_body_bytes: int = Field(
        64 * 1024, ge=0, description="A refused line longer than this is quarantined without its text."
    )
    quarantine_reasons: int = Field(
        64, ge=1, description="Most files in the quarantine folder; further reasons share one."
    )

"""Settings of the shipper."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from shippers.files.names import globs


class ShipperSettings(BaseModel):
    """What `ship`, `redrive` and `audit` can be told.

    One section for the three: they must agree on files, lines and the quarantine.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    # Files

    sources: str = Field(
        "logs=log/*.ndjson,metrics=spool/*.ndjson",
        description="What is shipped: TYPE=GLOB, with commas between; relative globs are below home. Rotated "
        "siblings of these files are shipped with them.",
    )
    poll_s: float = Field(0.1, gt=0, description="How often files are looked at while lines come.")
    idle_poll_s: float = Field(
        0.5, gt=0, description="How often files are looked at when no line came for `idle_after_s`."
    )
    idle_after_s: float = Field(
        5.0, ge=0, description="Without a line for so long, files are looked at every `idle_poll_s` only."
    )
    relist_s: float = Field(
        10.0,
        gt=0,
        description="Folders are listed at least this often; less finds files sooner on a network disk that "
        "does not tell when a folder has changed.",
    )
    open_files: int = Field(512, ge=1, description="Most files held open at once.")
    read_bytes: int = Field(2 * 1024 * 1024, ge=1024, description="Most bytes read from a file at once.")
    line_bytes: int = Field(1024 * 1024, ge=64, description="A longer line goes to quarantine.")
    validation: Literal["cheap", "full"] = Field(
        "cheap",
        alias="validate",
        description="`cheap` glances at each line; `full` parses it as JSON before it is sent.",
    )
    fingerprint_bytes: int = Field(
        4096,
        ge=64,
        le=1024 * 1024,
        description="How far the fingerprint of a file grows from its first byte.",
    )
    same_first_lines: int = Field(
        1000, ge=1, description="Most files with the same first line that are told apart; more are left."
    )
    half_line_s: float = Field(
        300.0, gt=0, description="A line whose end does not come for this long is taken as it stands."
    )
    done_s: float = Field(
        5.0, ge=0, description="A rotated or deleted file that has not grown for this long is at its end."
    )

    # Batches

    batch_lines: int = Field(2000, ge=1, le=100_000, description="Most lines in one bulk request.")
    batch_bytes: int = Field(5 * 1024 * 1024, ge=1024, description="Most bytes of lines in one bulk request.")
    batch_age_s: float = Field(
        0.1, ge=0, description="A batch that is not full is sent when its first line waited this long."
    )
    in_flight: int = Field(4, ge=1, le=64, description="Most bulk requests under way at once.")
    waiting_bytes: int = Field(
        8 * 1024 * 1024,
        ge=0,
        description="With more bytes of lines that the server did not take and that wait to be tried again, "
        "streams that have some are not read, and batches are small.",
    )
    ahead_bytes: int = Field(
        16 * 1024 * 1024,
        ge=1024,
        description="How far ahead the registry says that a file may have been sent: one write for so many.",
    )

    # Waits

    timeout_s: float = Field(60.0, gt=0, description="Longest wait for the answer to one bulk request.")
    backoff_first_s: float = Field(0.5, gt=0, description="Upper bound of the first wait after a failure.")
    backoff_cap_s: float = Field(60.0, gt=0, description="Upper bound of any wait after a failure.")
    retry_after_cap_s: float = Field(
        300.0, ge=0, description="Upper bound of a wait that the server asks for with Retry-After."
    )
    stop_s: float = Field(
        10.0, ge=0, description="How long a stop goes on shipping what is written, and waits for answers."
    )

    # Quarantine

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
    disk_free_bytes: int = Field(
        64 * 1024 * 1024,
        ge=0,
        description="With less left on its disk nothing is put into quarantine, and reading waits.",
    )

    # Disk

    delete_acknowledged: bool = Field(False, description="Delete rotated files that are wholly settled.")
    delete_after_s: float = Field(
        3600.0, ge=0, description="A settled rotated file is deleted when it has not changed for this long."
    )
    disk_bytes: int = Field(
        0,
        ge=0,
        description="Most bytes of all files that are shipped; beyond, the oldest rotated ones are deleted, "
        "settled ones first. 0 is no bound.",
    )
    count_bytes: int = Field(
        64 * 1024 * 1024,
        ge=0,
        description="Lines that a bound deletes unread are counted up to this many bytes.",
    )
    registry_keep_s: float = Field(
        7 * 86_400.0, gt=0, description="The registry forgets a file that has been gone for this long."
    )
    sweep_s: float = Field(
        5.0, gt=0, description="How often old rows and files over their bound are looked for."
    )

    # Reports

    report_s: float = Field(60.0, gt=0, description="Counters and outages are logged at most this often.")
    metrics_port: int = Field(
        9464,
        ge=0,
        le=65535,
        description="Port on loopback of the shipper's own counters for Prometheus; 0 for none.",
    )

    # `cardwatch redrive`, beside those above

    redrive_tries: int = Field(
        5, ge=1, description="How often `redrive` sends a line that the server asks to send again."
    )

    # `cardwatch audit`, beside those above

    audit_ids: int = Field(
        10_000, ge=1, le=10_000, description="Ids that `audit` asks Elasticsearch for in one request."
    )
    audit_ranges: int = Field(
        1000, ge=1, description="Most ranges of missing or doubled lines that `audit` names for one file."
    )
    audit_tries: int = Field(
        3, ge=1, description="How often `audit` looks at a file that does not add up or changes meanwhile."
    )
    audit_settle_s: float = Field(1.0, ge=0, description="How long `audit` waits before it looks again.")

    @field_validator("sources")
    @classmethod
    def _sources_can_be_read(cls, value: str) -> str:
        globs(value)
        return value

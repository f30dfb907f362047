"""Settings of the HTTP service."""

from pydantic import BaseModel, ConfigDict, Field


class ServiceSettings(BaseModel):
    """Where the service listens, how much it takes at once, how it logs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(
        "127.0.0.1", description="Address to listen on; only loopback, as the service has no authentication."
    )
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    workers: int = Field(0, ge=0, le=256, description="Worker processes; 0 sizes them to the machine.")
    threads: int = Field(0, ge=0, le=256, description="Threads of one worker; 0 sizes them to the machine.")
    queue: int = Field(
        16, ge=0, description="Requests of one worker that may wait for the model; more get 503."
    )
    queue_timeout_s: float = Field(
        10.0, gt=0, description="Longest wait for the model before a request gets 503."
    )
    graceful_timeout_s: int = Field(
        30, ge=1, description="Time that running requests get to finish after SIGTERM."
    )
    max_body_bytes: int = Field(16 * 1024 * 1024, ge=1024, description="Larger bodies get 413.")
    body_timeout_s: float = Field(
        30.0, gt=0, description="Longest wait for the body of a request, and for each piece of it."
    )
    backlog: int = Field(64, ge=1, description="Connections that wait to be accepted; more are refused.")
    keepalive_s: int = Field(5, ge=1, description="How long an idle connection is kept.")
    worker_timeout_s: int = Field(
        120, ge=1, description="A worker that shows no sign of life for so long is replaced."
    )
    health_cache_s: float = Field(5.0, ge=0, description="How long a health inference counts as fresh.")
    log_file_bytes: int = Field(64 * 1024 * 1024, ge=4096, description="A log file is rotated at this size.")
    log_files: int = Field(20, ge=1, description="Rotated files kept of each log.")

"""Settings of the embedded node."""

from pydantic import BaseModel, ConfigDict, Field


class NodeSettings(BaseModel):
    """Where the node listens and what it takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(
        "127.0.0.1", description="Address to listen on; only loopback, as the node has no authentication."
    )
    port: int = Field(9200, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    threads: int = Field(8, ge=1, le=256, description="Requests answered at once.")
    max_body_bytes: int = Field(
        100 * 1024 * 1024, ge=1024, description="Larger bodies get 413, as in Elasticsearch."
    )
    refresh_interval_s: float = Field(
        1.0, gt=0, description="New documents become searchable after at most this long."
    )
    max_result_window: int = Field(10_000, ge=1, description="Largest `from` + `size`, as in Elasticsearch.")

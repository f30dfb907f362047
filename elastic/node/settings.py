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
    max_unrefreshed_documents: int = Field(
        50_000,
        ge=1,
        description="Writes to one index that are kept in memory; at so many it is refreshed at once.",
    )
    max_terms: int = Field(
        65_536, ge=1, description="Values in one `terms` or `ids` query, as in Elasticsearch."
    )
    max_indices: int = Field(
        1000, ge=1, description="Indices and backing indices; to make more is refused, as in Elasticsearch."
    )
    max_operations: int = Field(
        100_000, ge=1, description="Operations in one `_bulk` body; a longer one is refused."
    )
    writer_heap_bytes: int = Field(
        48 * 1024 * 1024,
        ge=15 * 1024 * 1024,
        description="Memory that one index uses at most before it writes a segment.",
    )
    wait_for_s: float = Field(
        30.0, gt=0, description="How long `refresh=wait_for` waits before it answers that the refresh failed."
    )
    stop_s: int = Field(10, ge=1, description="How long running requests may take after SIGTERM.")

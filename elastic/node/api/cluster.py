"""Who the node is and how it is."""

from __future__ import annotations

from elastic.node.api.call import Answer, Call
from elastic.node.errors import Json

VERSION = "9.5.0"  # the version of Elasticsearch whose answers these are
CLUSTER = "cardwatch"


def root(call: Call) -> Answer:
    """`GET /`"""
    version = {
        "number": VERSION,
        "build_flavor": "default",
        "build_type": "cardwatch-node",
        "build_snapshot": False,
        "minimum_wire_compatibility_version": "8.19.0",
        "minimum_index_compatibility_version": "8.0.0",
    }
    names = {"name": "cardwatch-node", "cluster_name": CLUSTER, "cluster_uuid": CLUSTER}
    return Answer({**names, "version": version, "tagline": "The embedded Cardwatch node"})


def health(call: Call) -> Answer:
    """`GET _cluster/health`: whoever gets an answer has a node that is green."""
    count = len(call.node.indices.all())
    zero: Json = dict.fromkeys(
        (
            "relocating_shards",
            "initializing_shards",
            "unassigned_shards",
            "unassigned_primary_shards",
            "delayed_unassigned_shards",
            "number_of_pending_tasks",
            "number_of_in_flight_fetch",
            "task_max_waiting_in_queue_millis",
        ),
        0,
    )
    nodes = {"number_of_nodes": 1, "number_of_data_nodes": 1}
    active = {"active_primary_shards": count, "active_shards": count}
    state = {"cluster_name": CLUSTER, "status": "green", "timed_out": False}
    return Answer({**state, **nodes, **active, **zero, "active_shards_percent_as_number": 100.0})

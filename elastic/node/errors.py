"""What can go wrong in the embedded node.

NodeError
├── StartError                     the node cannot run; told to the user in one sentence
│   ├── NotLoopback                not_loopback                 it stays on this machine
│   └── FolderTaken                folder_taken                 another node works on the same folder
└── ApiError                       an answer in Elasticsearch's shape: HTTP status, type, reason
    ├── IllegalArgument            illegal_argument             400
    │   └── Unsupported            unsupported                  400, only a full Elasticsearch does it
    ├── MissingBody                missing_body                 400
    ├── ParsingError               parsing                      400
    │   └── MalformedJson          malformed_json               400
    ├── SearchFailed               search_failed                400, the request does not fit the index
    ├── MappingError               mapping                      400
    ├── InvalidName                invalid_name                 400
    ├── InvalidTemplate            invalid_template             400
    ├── AlreadyExists              already_exists               400
    ├── DocumentError              document                     400, per bulk item
    │   └── StrictMapping          strict_mapping               400, per bulk item
    ├── VersionConflict            version_conflict             409, per bulk item
    ├── IndexNotFound              index_not_found              404
    ├── ResourceNotFound           resource_not_found           404
    ├── TemplateMissing            template_missing             404
    ├── BodyTooLarge               body_too_large               413
    └── StorageFailed              storage_failed               503, the disk refuses
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class NodeError(Exception):
    """Base of them all; `code` is stable."""

    code = "node_error"


class StartError(NodeError):
    """The node cannot run here."""

    code = "start_error"


class NotLoopback(StartError):
    """The address is not one of this machine's loopback addresses."""

    code = "not_loopback"


class FolderTaken(StartError):
    """Another process holds the lock of the folder."""

    code = "folder_taken"


class ApiError(NodeError):
    """An error that Elasticsearch would answer with: its `type` and `reason`, and the HTTP `status`."""

    code = "api_error"
    status = 400
    type = "illegal_argument_exception"

    def __init__(self, reason: str, *, caused_by: Json | None = None, **extra: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.caused_by = caused_by
        self.extra = {name.replace("__", "."): value for name, value in extra.items()}

    def cause(self) -> Json:
        """The error as it stands in a bulk item."""
        inner = {"caused_by": self.caused_by} if self.caused_by else {}
        return {"type": self.type, "reason": self.reason, **self.extra, **inner}

    def body(self) -> Json:
        """The whole answer."""
        root = {"type": self.type, "reason": self.reason, **self.extra}
        return {"error": {"root_cause": [root], **self.cause()}, "status": self.status}


class IllegalArgument(ApiError):
    """A value, a parameter or a combination that makes no sense."""

    code = "illegal_argument"


class Unsupported(IllegalArgument):
    """Elasticsearch can do it, this node cannot."""

    code = "unsupported"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"[{what}] is not supported by the embedded Cardwatch node; use an Elasticsearch cluster"
        )


class MissingBody(ApiError):
    """There is no body where one is needed."""

    code = "missing_body"
    type = "parse_exception"


class ParsingError(ApiError):
    """The body says something that is not part of the request's language."""

    code = "parsing"
    type = "parsing_exception"


class MalformedJson(ParsingError):
    """The body is not JSON."""

    code = "malformed_json"
    type = "x_content_parse_exception"


class SearchFailed(ApiError):
    """A well-formed search that does not fit an index, such as a word for a number."""

    code = "search_failed"
    type = "search_phase_execution_exception"

    def __init__(self, root_type: str, reason: str, index: str, caused_by: Json | None = None) -> None:
        super().__init__("all shards failed")
        self.root = {"type": root_type, "reason": reason, "index": index}
        self.inner = {**self.root, "caused_by": caused_by} if caused_by else self.root
        self.index = index

    def body(self) -> Json:
        """One failed shard, as Elasticsearch tells it."""
        failed = [{"shard": 0, "index": self.index, "node": "cardwatch", "reason": self.inner}]
        phase = {"phase": "query", "grouped": True, "failed_shards": failed, "caused_by": self.inner}
        error = {"root_cause": [self.root], "type": self.type, "reason": self.reason, **phase}
        return {"error": error, "status": self.status}


class MappingError(ApiError):
    """A mapping that the node does not understand."""

    code = "mapping"
    type = "mapper_parsing_exception"


class InvalidName(ApiError):
    """Not a name for an index."""

    code = "invalid_name"
    type = "invalid_index_name_exception"


class InvalidTemplate(ApiError):
    """An index template that cannot be used."""

    code = "invalid_template"
    type = "invalid_index_template_exception"


class AlreadyExists(ApiError):
    """An index or a data stream of that name is there."""

    code = "already_exists"
    type = "resource_already_exists_exception"


class DocumentError(ApiError):
    """A document that does not fit its index."""

    code = "document"
    type = "document_parsing_exception"


class StrictMapping(DocumentError):
    """A new field where the mapping allows none."""

    code = "strict_mapping"
    type = "strict_dynamic_mapping_exception"


class VersionConflict(ApiError):
    """A document with that id is there."""

    code = "version_conflict"
    status = 409
    type = "version_conflict_engine_exception"


class IndexNotFound(ApiError):
    """No index, data stream or backing index of that name."""

    code = "index_not_found"
    status = 404
    type = "index_not_found_exception"

    def __init__(self, name: str) -> None:
        extra: dict[str, Any] = {"resource__type": "index_or_alias", "resource__id": name}
        super().__init__(f"no such index [{name}]", index_uuid="_na_", index=name, **extra)


class ResourceNotFound(ApiError):
    """No template or data stream of that name."""

    code = "resource_not_found"
    status = 404
    type = "resource_not_found_exception"


class TemplateMissing(ResourceNotFound):
    """No template of that name to delete."""

    code = "template_missing"
    type = "index_template_missing_exception"


class BodyTooLarge(ApiError):
    """The body, or what it unpacks to, is over `max_body_bytes`."""

    code = "body_too_large"
    status = 413
    type = "content_too_long_exception"


class StorageFailed(ApiError):
    """The disk refused a write; what was not acknowledged may be sent again."""

    code = "storage_failed"
    status = 503
    type = "translog_exception"

"""The body of `_bulk` -> operations -> items.

Each operation has its own outcome; those of one index are written in their order and one fsync per index
makes them durable before the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import orjson

from elastic.node.errors import (
    ApiError,
    IllegalArgument,
    IndexNotFound,
    Json,
    MissingBody,
    StorageFailed,
    Unsupported,
)
from elastic.node.index import Index, Prepared, Written

ACTIONS = ("create", "index", "delete", "update")
PARAMETERS = {"_index", "_id", "require_alias", "require_data_stream"}
# Known to Elasticsearch; here they would be promises that are not kept.
UNKEPT = {
    "routing",
    "pipeline",
    "version",
    "version_type",
    "if_seq_no",
    "if_primary_term",
    "dynamic_templates",
}
MAX_ID_BYTES = 512
NEWLINE = b"\n"


@dataclass(frozen=True, slots=True)
class Operation:
    """One line pair. `doc_id` is None where the node shall make one; `refused` where it does not do it."""

    action: str
    index: str
    doc_id: str | None
    source: bytes
    refused: ApiError | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one operation in which index."""

    action: str
    index: str
    doc_id: str
    result: Written | ApiError


def parse(body: bytes, default_index: str | None, limit: int) -> list[Operation]:
    """The operations of a body.

    Raises:
        MissingBody, IllegalArgument: it is empty or malformed; nothing of it was done.
    """
    if not body.strip():
        raise MissingBody("request body is required")
    if not body.endswith(NEWLINE):
        raise IllegalArgument("The bulk request must be terminated by a newline [\\n]")
    operations = list(_operations(body.split(NEWLINE), default_index))
    if len(operations) > limit:
        raise IllegalArgument(f"The bulk request has [{len(operations)}] operations, more than [{limit}]")
    return operations


def _operations(lines: list[bytes], default_index: str | None) -> Iterator[Operation]:
    position = 0
    while position < len(lines):
        line, number = lines[position], position + 1
        position += 1
        if not line.strip():
            continue
        action, params = _action(line, number)
        source = b""
        if action != "delete":
            if position >= len(lines) - 1 and not (position < len(lines) and lines[position].strip()):
                raise IllegalArgument(f"Malformed action/metadata line [{number}], the source is missing")
            source = lines[position].rstrip(b"\r")
            position += 1
        yield _operation(action, params, source, default_index, number)


def _action(line: bytes, number: int) -> tuple[str, Json]:
    try:
        parsed = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise IllegalArgument(f"Malformed action/metadata line [{number}], {error}") from None
    if not isinstance(parsed, dict) or len(parsed) != 1:
        raise IllegalArgument(
            f"Malformed action/metadata line [{number}], expected START_OBJECT with one action"
        )
    action, params = next(iter(parsed.items()))
    if action not in ACTIONS:
        raise IllegalArgument(
            f"Malformed action/metadata line [{number}], expected field [create], [delete], [index] or"
            f" [update] but found [{action}]"
        )
    if not isinstance(params, dict):
        raise IllegalArgument(
            f"Malformed action/metadata line [{number}], expected START_OBJECT but found [{params}]"
        )
    return action, params


def _operation(action: str, params: Json, source: bytes, default: str | None, number: int) -> Operation:
    for name in params:
        if name in UNKEPT:
            raise Unsupported(f"bulk parameter {name}")
        if name not in PARAMETERS:
            raise IllegalArgument(f"Action/metadata line [{number}] contains an unknown parameter [{name}]")
    index = params.get("_index", default)
    if not index:
        raise IllegalArgument("Validation Failed: 1: index is missing;")
    doc_id = params.get("_id")
    doc_id = None if doc_id is None else str(doc_id)
    refused: ApiError | None = None
    if action in ("delete", "update"):
        refused = Unsupported(f"bulk action {action}")
    elif doc_id is not None and not 0 < len(doc_id.encode()) <= MAX_ID_BYTES:
        refused = _bad_id(doc_id)
    elif params.get("require_alias"):
        refused = IndexNotFound(str(index))
    return Operation(action, str(index), doc_id, source, refused)


def _bad_id(doc_id: str) -> IllegalArgument:
    if not doc_id:
        return IllegalArgument("if _id is specified it must not be empty")
    size = len(doc_id.encode())
    return IllegalArgument(
        f"id [{doc_id}] is too long, must be no longer than {MAX_ID_BYTES} bytes but was: {size}"
    )


def run(
    operations: Sequence[Operation], target: Callable[[str], Index], new_id: Callable[[], str]
) -> tuple[list[Outcome], list[Index]]:
    """Does the operations; returns their outcomes in order, durable, and the indices that were touched."""
    outcomes: list[Outcome | None] = [None] * len(operations)
    batches: dict[str, tuple[Index, list[int], list[Prepared]]] = {}
    targets: dict[str, Index | ApiError] = {}
    for place, operation in enumerate(operations):
        doc_id = operation.doc_id or new_id()
        index = targets.get(operation.index)
        if index is None:
            index = targets[operation.index] = _target(operation.index, target)
        try:
            prepared = _prepared(operation, index, doc_id)
        except ApiError as error:
            name = operation.index if isinstance(index, ApiError) else _shown(operation, index, error)
            outcomes[place] = Outcome(operation.action, name, doc_id, error)
            continue
        assert isinstance(index, Index)
        _, places, batch = batches.setdefault(index.name, (index, [], []))
        places.append(place)
        batch.append(prepared)
    for index, places, batch in batches.values():
        for place, prepared, result in zip(places, batch, _write(index, batch), strict=True):
            outcomes[place] = Outcome(operations[place].action, index.name, prepared.doc_id, result)
    return [outcome for outcome in outcomes if outcome], [index for index, _, _ in batches.values()]


def _target(name: str, target: Callable[[str], Index]) -> Index | ApiError:
    try:
        return target(name)
    except ApiError as error:
        return error


def _prepared(operation: Operation, index: Index | ApiError, doc_id: str) -> Prepared:
    if operation.refused:
        raise operation.refused
    if isinstance(index, ApiError):
        raise index
    if index.stream and operation.action != "create" and operation.index != index.name:
        raise IllegalArgument("only write ops with an op_type of create are allowed in data streams")
    return index.prepare(doc_id, operation.source, create=operation.action == "create")


def _shown(operation: Operation, index: Index, error: ApiError) -> str:
    return operation.index if type(error) in (IllegalArgument, Unsupported) else index.name


def _write(index: Index, batch: list[Prepared]) -> Sequence[Written | ApiError]:
    try:
        results = index.write(batch)
        index.sync()
    except (StorageFailed, IllegalArgument) as error:
        return [error] * len(batch)
    return results


def item(outcome: Outcome, replicas: int, refreshed: bool) -> Json:
    """The item of the answer, as Elasticsearch writes it."""
    head: Json = {"_index": outcome.index, "_id": outcome.doc_id}
    if isinstance(outcome.result, ApiError):
        error = outcome.result
        return {outcome.action: {**head, "status": error.status, "error": error.cause()}}
    return {outcome.action: {**head, **written(outcome.result, replicas, refreshed)}}


def written(result: Written, replicas: int, refreshed: bool) -> Json:
    """The part of an item that tells of a success."""
    created = result.version == 1
    return {
        "_version": result.version,
        "result": "created" if created else "updated",
        **({"forced_refresh": True} if refreshed else {}),
        "_shards": {"total": 1 + replicas, "successful": 1, "failed": 0},
        "_seq_no": result.seq,
        "_primary_term": 1,
        "status": 201 if created else 200,
    }

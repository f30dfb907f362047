"""The HTTP shell of the API: the only importer of Flask here.

Reads the call (path, parameters, gzip, limits), answers in JSON with Elasticsearch's headers, and turns
every error into Elasticsearch's shape.
"""

from __future__ import annotations

import logging
import zlib
from typing import Any
from urllib.parse import unquote

import orjson
from flask import Flask, Request, Response, request
from werkzeug.exceptions import HTTPException

from elastic.node import filter_path
from elastic.node.api.call import Answer, Call, Node
from elastic.node.api.routes import Match, find
from elastic.node.errors import ApiError, BodyTooLarge, IllegalArgument

logger = logging.getLogger(__name__)

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
COMPATIBLE = "application/vnd.elasticsearch+json;compatible-with=9"
TYPES = ("application/json", "application/x-ndjson", "application/vnd.elasticsearch+")


def application(node: Node) -> Flask:
    """The WSGI application."""
    app = Flask(__name__, static_folder=None)

    @app.route("/", methods=METHODS)
    @app.route("/<path:path>", methods=METHODS)
    def any_path(path: str = "") -> Response:
        return respond(node, request)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        return _response(
            request, Answer({"error": str(error.description), "status": error.code}, error.code or 500)
        )

    return app


def respond(node: Node, incoming: Request) -> Response:
    """Answers one request."""
    try:
        answer = _answer(node, incoming)
    except ApiError as error:
        answer = Answer(error.body(), error.status)
    except Exception as error:
        logger.exception(
            "A request failed", extra={"event.action": "node_request", "event.outcome": "failure"}
        )
        cause = {"type": "exception", "reason": type(error).__name__}
        answer = Answer({"error": {"root_cause": [cause], **cause}, "status": 500}, 500)
    return _response(incoming, answer)


def _answer(node: Node, incoming: Request) -> Answer:
    segments = _segments(incoming)
    found = find(incoming.method, segments)
    if not isinstance(found, Match):
        return _lost(incoming, found)
    content_type = incoming.content_type
    body = _body(incoming, node.settings.max_body_bytes)
    if body and content_type and not content_type.startswith(TYPES):
        return Answer({"error": f"Content-Type header [{content_type}] is not supported", "status": 406}, 406)
    params = {name: values[-1] for name, values in incoming.args.lists()}
    unknown = found.unknown(params)
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        listed = ", ".join(f"[{name}]" for name in unknown)
        raise IllegalArgument(f"request [{incoming.path}] contains unrecognized parameter{plural}: {listed}")
    return found.route.handler(Call(node, incoming.method, found.names, params, body))


def _segments(incoming: Request) -> list[str]:
    """The parts of the path, each decoded on its own: an id may have a slash in it."""
    raw = str(incoming.environ.get("RAW_URI") or incoming.environ.get("REQUEST_URI") or incoming.path)
    path = raw.partition("?")[0]
    if "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]
    return [unquote(part) for part in path.split("/") if part]


def _lost(incoming: Request, allowed: list[str]) -> Answer:
    uri = incoming.path
    if not allowed:
        return Answer({"error": f"no handler found for uri [{uri}] and method [{incoming.method}]"}, 400)
    wrong = f"Incorrect HTTP method for uri [{uri}] and method [{incoming.method}]"
    text = f"{wrong}, allowed: [{', '.join(allowed)}]"
    return Answer({"error": text, "status": 405}, 405)


def _body(incoming: Request, limit: int) -> bytes:
    """The body, unpacked; never more than `limit` bytes of either.

    Raises:
        BodyTooLarge: it is longer.
        IllegalArgument: it is not the gzip that it says it is.
    """
    if (incoming.content_length or 0) > limit:
        raise BodyTooLarge(
            f"entity content is too long [{incoming.content_length}] for the configured limit [{limit}]"
        )
    data: bytes = incoming.stream.read(limit + 1)
    if incoming.headers.get("Content-Encoding", "identity") == "gzip":
        return _unpacked(data, limit)
    if len(data) > limit:
        raise BodyTooLarge(f"entity content is too long for the configured limit [{limit}]")
    return data


def _unpacked(data: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        body = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        raise IllegalArgument(f"the body is no gzip: {error}") from None
    if len(body) > limit:
        raise BodyTooLarge(f"entity content is too long, unpacked, for the configured limit [{limit}]")
    if not unpacker.eof:
        raise IllegalArgument("the body is a gzip that ends too early")
    return body


def _response(incoming: Request, answer: Answer) -> Response:
    body: Any = answer.body
    if "filter_path" in incoming.args and answer.status < 400:
        body = filter_path.apply(_plain(body), incoming.args["filter_path"])
    pretty = orjson.OPT_INDENT_2 if incoming.args.get("pretty", "false") in ("", "true") else 0
    data = b"" if incoming.method == "HEAD" else orjson.dumps(body, option=pretty)
    accepts = incoming.headers.get("Accept", "")
    kind = COMPATIBLE if accepts.startswith("application/vnd.elasticsearch+json") else "application/json"
    response = Response(data, status=answer.status, content_type=kind)
    response.headers["X-Elastic-Product"] = "Elasticsearch"
    return response


def _plain(body: Any) -> Any:
    """The body as plain objects; documents lie in it as bytes."""
    return orjson.loads(orjson.dumps(body))

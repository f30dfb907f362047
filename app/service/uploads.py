"""A request's body -> the bytes of the photograph in it.

All of it stays in memory: nothing of a photograph, nor its file name, is written anywhere.
"""

from __future__ import annotations

import base64
import binascii
import io
import math
from collections.abc import Callable
from typing import IO, Protocol

import orjson
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

from app.service.errors import (
    BadMinScore,
    BadRequest,
    BodyTimeout,
    BodyTooLarge,
    MissingImage,
    UnsupportedMediaType,
)

FIELD = "image"
READ_BYTES = 64 * 1024
FORM_PARTS = 20
FORM = "multipart/form-data"
JSON = "application/json"
_KINDS = frozenset({FORM, JSON, "application/octet-stream"})


class Socket(Protocol):
    """The part of a connection that reading needs."""

    def settimeout(self, value: float | None, /) -> None: ...


def read_body(
    stream: IO[bytes],
    declared_bytes: int | None,
    *,
    max_bytes: int,
    timeout_s: float,
    clock: Callable[[], float],
    connection: Socket | None = None,
) -> bytes:
    """The whole body, chunked or not.

    Args:
        stream: ends at the end of the body.
        declared_bytes: the Content-Length, if there is one.
        max_bytes: larger bodies are refused, where they say so before a byte of them is read.
        timeout_s: longest time for the whole body, and for each piece of it.
        clock: seconds that only grow.
        connection: given one, its reads end after `timeout_s`.

    Raises:
        BodyTooLarge, BodyTimeout, BadRequest: it ended before its declared length.
    """
    if declared_bytes is not None and declared_bytes > max_bytes:
        raise _too_large(max_bytes)
    if connection is not None:
        connection.settimeout(timeout_s)
    try:
        body = _read(stream, max_bytes, clock() + timeout_s, clock)
    except TimeoutError as error:
        raise BodyTimeout(f"The body did not come within {timeout_s:g} seconds.") from error
    except (OSError, ParseException) as error:
        raise BadRequest("The body ended too early.") from error
    except RequestEntityTooLarge as error:
        raise _too_large(max_bytes) from error
    finally:
        if connection is not None:
            connection.settimeout(None)
    if declared_bytes is not None and len(body) < declared_bytes:
        raise BadRequest(f"The body ended after {len(body)} of {declared_bytes} bytes.")
    return body


def _read(stream: IO[bytes], max_bytes: int, until: float, clock: Callable[[], float]) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := stream.read(READ_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > max_bytes:
            raise _too_large(max_bytes)
        if clock() > until:
            raise TimeoutError
    return b"".join(pieces)


def _too_large(max_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body is larger than {max_bytes} bytes.")


def check_media_type(mime_type: str) -> None:
    """Raises UnsupportedMediaType for a content type that `photograph` does not take."""
    if mime_type not in _KINDS and not mime_type.startswith("image/"):
        raise UnsupportedMediaType(
            "Send the photograph as multipart/form-data, as image/*, or as JSON with the field `image`."
        )


def photograph(body: bytes, mime_type: str, options: dict[str, str]) -> bytes:
    """The bytes of the photograph in a body.

    Args:
        body: of the request.
        mime_type: declared by the client, in lower case, without its parameters.
        options: the parameters of the content type, such as `boundary`.

    Raises:
        UnsupportedMediaType, MissingImage, BadRequest
    """
    check_media_type(mime_type)
    if mime_type == FORM:
        image = _from_form(body, mime_type, options)
    elif mime_type == JSON:
        image = _from_json(body)
    else:
        image = body
    if not image:
        raise MissingImage("The image is empty.")
    return image


def _from_form(body: bytes, mime_type: str, options: dict[str, str]) -> bytes:
    parser = FormDataParser(
        stream_factory=lambda *_args, **_named: io.BytesIO(),
        max_form_memory_size=len(body),
        max_form_parts=FORM_PARTS,
        silent=False,
    )
    try:
        _, _, files = parser.parse(io.BytesIO(body), mime_type, len(body), options)
    except (ValueError, RequestEntityTooLarge) as error:
        raise BadRequest("The multipart body cannot be read.") from error
    if FIELD not in files:
        raise MissingImage(f"The form has no file field `{FIELD}`.")
    image: bytes = files[FIELD].read()
    return image


def _from_json(body: bytes) -> bytes:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest("The body is no JSON.") from error
    if not isinstance(document, dict) or FIELD not in document:
        raise MissingImage(f"The JSON object has no field `{FIELD}`.")
    encoded = document[FIELD]
    if not isinstance(encoded, str):
        raise BadRequest(f"The field `{FIELD}` must be a text in base64.")
    return _decoded(encoded)


def _decoded(encoded: str) -> bytes:
    """Base64, alone or as a `data:` URL; line breaks within it are allowed."""
    if encoded[:5].lower() == "data:":
        head, comma, encoded = encoded.partition(",")
        if not comma or not head.lower().endswith(";base64"):
            raise BadRequest(f"The `data:` URL in the field `{FIELD}` must be in base64.")
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"The field `{FIELD}` is no base64.") from error


def min_score(text: str | None) -> float | None:
    """The query's `min_score`; None where it was not given.

    Raises:
        BadMinScore: it is no number from 0 to 1.
    """
    if text is None:
        return None
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if not 0 <= score <= 1:
        raise BadMinScore("`min_score` must be a number from 0 to 1.")
    return score

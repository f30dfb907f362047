"""Every code that an answer may carry, and the answer's body (RFC 9457, application/problem+json)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MIME_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:cardwatch:problem:"


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of failure.

    Attributes:
        status: HTTP status.
        title: the same for every failure of this kind.
        meaning: one sentence for whoever gets it.
    """

    status: int
    title: str
    meaning: str


PROBLEMS: Mapping[str, Problem] = {
    "bad_request": Problem(
        400, "Bad request", "The body is not what its content type says, or it ended too early."
    ),
    "missing_image": Problem(
        400, "Missing image", "Send the photograph as the multipart field `image`, as the body, or as JSON."
    ),
    "bad_min_score": Problem(400, "Bad min_score", "`min_score` must be a number from 0 to 1."),
    "not_an_image": Problem(400, "Not an image", "The bytes are no image that can be read."),
    "image_truncated": Problem(400, "Image truncated", "The image ends before its data does."),
    "image_animated": Problem(400, "Image animated", "The image has several frames; send one of them."),
    "image_refused": Problem(400, "Image refused", "The photograph cannot be used."),
    "not_found": Problem(404, "Not found", "There is nothing at this path; `/` lists what there is."),
    "method_not_allowed": Problem(
        405,
        "Method not allowed",
        "The path does not take this method; the header `Allow` names those it takes.",
    ),
    "body_timeout": Problem(408, "Body timeout", "The body did not come in time."),
    "body_too_large": Problem(413, "Body too large", "The body is larger than the service takes."),
    "unsupported_media_type": Problem(
        415, "Unsupported media type", "Send multipart/form-data, image/*, or application/json."
    ),
    "unsupported_format": Problem(
        415,
        "Unsupported format",
        "The image is of a kind that is not read here; send JPEG, PNG, WebP or BMP.",
    ),
    "too_many_pixels": Problem(422, "Too many pixels", "The image has more pixels than the service takes."),
    "side_out_of_range": Problem(
        422, "Side out of range", "A side of the image is longer or shorter than the service takes."
    ),
    "internal_error": Problem(
        500, "Internal error", "The service failed; its log tells more under the request id."
    ),
    "detection_error": Problem(
        500, "Detection error", "The detector failed; the log tells more under the request id."
    ),
    "model_unusable": Problem(
        500, "Model unusable", "The model could not be run; the log tells more under the request id."
    ),
    "model_busy": Problem(
        503, "Model busy", "All places at the model are taken; try again after `Retry-After` seconds."
    ),
    "not_ready": Problem(
        503, "Not ready", "The model is still loading; try again after `Retry-After` seconds."
    ),
}


def body(code: str, detail: str, request_id: str) -> dict[str, object]:
    """The members of a problem's answer; `detail` is one sentence about this very failure."""
    problem = PROBLEMS[code]
    return {
        "type": TYPE_PREFIX + code,
        "title": problem.title,
        "status": problem.status,
        "detail": detail,
        "code": code,
        "request_id": request_id,
    }

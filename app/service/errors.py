"""What can go wrong in the service.

ServiceError             service_error
├── BindRefused          bind_refused           an address beyond loopback, without authentication
├── PortTaken            port_taken             another process listens there
├── HomeUnusable         home_unusable          a folder of the service cannot be made or written
└── RequestRefused       (see problems.PROBLEMS)    the client can do something about it
    ├── BadRequest             bad_request
    ├── MissingImage           missing_image
    ├── BadMinScore            bad_min_score
    ├── UnsupportedMediaType   unsupported_media_type
    ├── BodyTooLarge           body_too_large
    ├── BodyTimeout            body_timeout
    └── NotReady               not_ready          the model is still loading

What goes wrong with a photograph or at the model is in app.detection.errors.
"""

from __future__ import annotations

from typing import ClassVar


class ServiceError(Exception):
    """Base of them all; the text is one sentence for a user, `code` is stable."""

    code: ClassVar[str] = "service_error"


class BindRefused(ServiceError):
    """The service has no authentication, so it only listens on loopback."""

    code = "bind_refused"


class PortTaken(ServiceError):
    """Another process listens on the port."""

    code = "port_taken"


class HomeUnusable(ServiceError):
    """A folder that the service needs cannot be made or written."""

    code = "home_unusable"


class RequestRefused(ServiceError):
    """The request cannot be served as it is."""


class BadRequest(RequestRefused):
    """The body is not what its content type says."""

    code = "bad_request"


class MissingImage(RequestRefused):
    """The request carries no image."""

    code = "missing_image"


class BadMinScore(RequestRefused):
    """`min_score` is no number from 0 to 1."""

    code = "bad_min_score"


class UnsupportedMediaType(RequestRefused):
    """The content type is none that the service takes."""

    code = "unsupported_media_type"


class BodyTooLarge(RequestRefused):
    """The body is larger than the limit."""

    code = "body_too_large"


class BodyTimeout(RequestRefused):
    """The body did not come in time."""

    code = "body_timeout"


class NotReady(RequestRefused):
    """The model is still loading."""

    code = "not_ready"

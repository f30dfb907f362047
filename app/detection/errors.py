"""What can go wrong between the bytes of a photograph and its cards.

DetectionError
├── ImageError              the photograph is refused; the sender can do something about it
│   ├── NotAnImage          not_an_image
│   ├── ImageTruncated      image_truncated
│   ├── ImageAnimated       image_animated
│   ├── UnsupportedFormat   unsupported_format
│   ├── TooManyPixels       too_many_pixels
│   └── SideOutOfRange      side_out_of_range
├── ModelBusy               model_busy; try again after `retry_after_s`
└── ModelError              model_unusable; the operator can do something about it

Every message is one sentence for a user: what is wrong and what to do. None repeats anything that
the client named.
"""

from __future__ import annotations

from typing import ClassVar


class DetectionError(Exception):
    """Base of everything that the detector raises on purpose."""

    code: ClassVar[str] = "detection_error"


class ImageError(DetectionError):
    """The photograph is refused."""

    code = "image_refused"


class NotAnImage(ImageError):
    """The bytes are no image, or an image so damaged that nothing can be read from it."""

    code = "not_an_image"


class ImageTruncated(ImageError):
    """The image ends before its data does."""

    code = "image_truncated"


class ImageAnimated(ImageError):
    """The image has several frames."""

    code = "image_animated"


class UnsupportedFormat(ImageError):
    """An image, but of a kind that is not read here."""

    code = "unsupported_format"


class TooManyPixels(ImageError):
    """Width times height is above the limit."""

    code = "too_many_pixels"


class SideOutOfRange(ImageError):
    """A side is longer or shorter than the limits allow."""

    code = "side_out_of_range"


class ModelBusy(DetectionError):
    """All places at the model and in its queue are taken."""

    code = "model_busy"

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ModelError(DetectionError):
    """The model file cannot be used, or the model does not compute."""

    code = "model_unusable"

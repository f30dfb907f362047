"""OpenCV as this service needs it; every other module takes `cv2` from here.

Its own threads are off: the service already runs one photograph per thread, and a second pool would only take
the cores from ONNX Runtime. Its pixel limit must stand in the environment before the library is loaded; it
is a second net behind the limits that `images` checks in the header.
"""

from __future__ import annotations

import os

from app.detection.settings import DECODER_MAX_PIXELS

os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(DECODER_MAX_PIXELS)

import cv2

cv2.setNumThreads(1)
cv2.utils.logging.setLogLevel(0)  # a damaged photograph is told by an ImageError, not on stderr

__all__ = ["cv2"]

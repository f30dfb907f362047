"""From the bytes of a photograph to the cards on it.

images      bytes -> upright pixels; refuses hostile input from its header, before any pixel is decoded
formats/    the headers of JPEG, PNG, WebP and BMP, one module each
exif        the orientation that a camera wrote
opencv      OpenCV with its own threads off; the only importer of cv2
geometry    quads: order of corners, areas, overlaps, suppression
letterbox   a picture in the model's input and back
rectify     the picture of a card, laid flat
layouts/    one module per output layout of an ONNX file: arrays -> cards
model       loads an ONNX file and runs it; the only importer of onnxruntime
classifier  the second stage: what a card is, which way up, or none
machine     cores to use, and whether there is an NVIDIA device
gate        so many inferences at once, so many waiting, no more
detector    the stages in order, each timed
settings    what can be set
errors      what can go wrong, each with a stable code
"""

"""From the bytes of a photograph to the cards on it.

images      bytes -> upright pixels; refuses hostile input from its header, before any pixel is decoded
geometry    quads: order of corners, areas, overlaps, suppression
layouts/    one module per output layout of an ONNX file: arrays -> cards
model       loads an ONNX file and runs it; the only importer of onnxruntime
detector    the stages in order, each timed
settings    what can be set
errors      what can go wrong, each with a stable code
"""

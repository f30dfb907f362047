"""Makes the bundled detector: drawn scenes -> network -> ONNX file. Nothing imports this package.

cards/      drawn cards of invented holders
scenes/     photographs of them that nobody took
fonts       finds the fonts that cards are set in
labels      labels.json: which cards lie where
generate    renders scenes into a folder
photos      renders the sample photographs of the tests and the demo
trunk       the pretrained backbone, rebuilt
network     trunk, neck and heads
decoder     from the network's maps to detections, inside the graph
dataset     scenes in memory, changed a little every time
targets     what the network should say of a picture
losses      how far it is from that
train       the loop: resumable, averaged, in the background
calibrate   the power that puts the best threshold at 0.5
export      writes the ONNX file
metrics     precision, recall, overlap, type, orientation
evaluate    measures an ONNX file on a folder of labelled pictures
commands    the commands of `python -m training`
settings    shapes, sizes and limits
errors      what can go wrong, each with a stable code
"""

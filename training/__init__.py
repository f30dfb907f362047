"""Makes the bundled models: drawn cards and photographs -> scenes -> two networks -> ONNX files.

Nothing imports this package.

stock        photographs for backgrounds, things and portraits
cards/       drawn cards of invented holders
scenes/      photographs of them, among other things, that nobody took
deck         cards and things drawn in advance
fonts        finds the fonts that cards are set in
lot          draws by lot, some kinds more often
labels       labels.json: which cards lie where
generate     renders scenes into a folder
photos       renders the sample photographs of the tests and the demo
trunk        the pretrained backbone, rebuilt
network      the detector: trunk, neck and heads
decoder      from the detector's maps to detections, inside the graph
dataset      scenes in memory, changed a little every time
targets      what the detector should say of a picture
losses       how far it is from that
detecting    the detector's task
classifier   the second network: a crop's kind and turn
mine         what the detector takes for cards and is none
files        written whole or not at all
recipe       what a folder was made with
crops        rectified cards and places without one, changed a little every time
classifying  the classifier's task
train        the loop: resumable, averaged, in the background
calibrate    finds what moves the best thresholds to 0.5
warm         goes on from an ONNX file
average      the mean of two ONNX files of one network
exported     ONNX files written, read again, their scores raised to another power
export       writes the ONNX files
quantise     an INT8 variant of the detector
views        pictures turned, blurred, darkened, compressed
metrics      precision, recall, overlap, type, orientation
cardfree     photographs without a card, to measure on
evaluate     measures ONNX files on a folder of labelled pictures
goals        the figures to reach next to those reached
overlays     pictures with what was found drawn over them
progress     bars
options      folders and options that the commands share
measuring    the commands that export and measure
commands     the commands of `python -m training`
settings     shapes, sizes and limits
errors       what can go wrong, each with a stable code
"""

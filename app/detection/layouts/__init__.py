"""The output layouts of ONNX files that can be decoded, one module each."""

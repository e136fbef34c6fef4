"""From a checkpoint to the ONNX file that the camera runs. Needs the ``train`` extra."""

"""Reading engines behind pipeline.ports.LineReader: each takes a clean page and the boxes of its lines, and gives their words."""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # ONNX Runtime, imported after this, would tell its maker of every start

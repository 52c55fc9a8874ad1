import { testInPython } from '../python.ts';

testInPython(
  'python -m unittest discover -s test/export',
  import.meta.dirname,
  'import torch, transformers, onnx, onnxruntime, sentencepiece, sacremoses; assert transformers.__version__ == "4.57.6"',
  'model-assets/export/requirements.txt',
);

import { testInPython } from '../python.ts';

testInPython(
  'python -m unittest discover -s test/recipes',
  import.meta.dirname,
  'import torch, transformers, tokenizers, onnx, scipy; assert transformers.__version__ == "4.57.6"',
  'model-assets/recipes/requirements.txt',
);

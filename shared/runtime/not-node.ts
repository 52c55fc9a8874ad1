// Stands for Node's `module` and `worker_threads`, which the glue of onnxruntime-web names and an isolate never asks for (ort-module.ts).

export {};

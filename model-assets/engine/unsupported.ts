// What the engine cannot run, as the compiler says it: the reason for which onnxruntime-web runs a model. Whatever else is thrown is a fault
// of the compiler's own.

export class Unsupported extends Error {
  override readonly name = 'Unsupported';
}

/** What was thrown, with where it was. */
export function at(where: string, cause: unknown): Error {
  const message = `${where}: ${cause instanceof Error ? cause.message : String(cause)}`;
  return cause instanceof Unsupported ? new Unsupported(message, { cause }) : new Error(message, { cause });
}

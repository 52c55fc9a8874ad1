// Why a connection failed.

/** What is wrong with a connection stands in the cause of what fetch throws. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}

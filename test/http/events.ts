// What a stream tells, taken apart.

export interface Event {
  readonly index: number;
  readonly token: { readonly id: number; readonly text: string; readonly logprob: number };
  readonly generated_text: string | null;
  readonly details: {
    readonly finish_reason: string;
    readonly generated_tokens: number;
    readonly seed: number | null;
  } | null;
  readonly error?: string;
}

export const linesOf = (text: string) => text.split('\n\n').filter(Boolean);
export const eventsOf = (text: string): Event[] =>
  linesOf(text)
    .slice(0, -1)
    .map((line) => JSON.parse(line.replace(/^data:/, '')));

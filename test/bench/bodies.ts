// Requests of a given number of tokens. Every word is one piece in the vocabularies of the checkpoints that are measured.

const WORD = 'is';
const words = (count: number) => Array(Math.max(0, count)).fill(WORD).join(' ');

/** A body of `rows` inputs with `tokens` tokens each, special ones included. */
export function toBody(task: string, tokens: number, rows: number): object {
  const list = (input: unknown) => Array(rows).fill(input);
  switch (task) {
    case 'fill-mask':
      return { inputs: list(`${words(tokens - 3)} [MASK]`) };
    case 'question-answering':
      return { inputs: list({ question: words(2), context: words(tokens - 5) }) };
    case 'zero-shot-classification':
      return {
        inputs: list(words(tokens - 5)),
        parameters: { candidate_labels: [words(1)], hypothesis_template: `{} ${WORD}` },
      };
    default:
      return { inputs: list(words(tokens - 2)) };
  }
}

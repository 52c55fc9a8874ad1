// How graphs with keys and values name their inputs: `past_key_values.0.key`, and of a source `past_key_values.0.encoder.key`.

export const PAST = 'past_key_values.';
export const OF_SOURCE = '.encoder.';

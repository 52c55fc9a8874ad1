// How graphs name keys and values: `past_key_values.0.key` goes in, `present.0.key` comes out, and of a source it is `past_key_values.0.encoder.key`.

export const PAST = 'past_key_values.';
export const PRESENT = 'present.';
export const OF_SOURCE = '.encoder.';

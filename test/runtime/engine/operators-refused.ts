// Operator cases that the engine does not take, by what the compiler says of them. Nothing joins these lists by itself: the test
// compares them with what is refused.

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  'DequantizeLinear y: weights with scales for their blocks are not supported': ['dequantizelinear_blocked'],
  'GatherBlockQuantized y: rows are gathered, with blocks along them, and nothing else': [
    'extra_gather_blocks_columns',
    'extra_gather_blocks_turned',
  ],
  'GatherBlockQuantized y: what is gathered from is no table of weights in 4 or 8 bits': ['extra_gather_blocks_deep'],
  'GatherBlockQuantized y: a table of 2 bits is not supported': ['extra_gather_blocks_two_bits'],
  'Dropout y does not give z in the engine': ['dropout_default_mask', 'dropout_default_mask_ratio'],
  'Dropout y: a dropout that drops is not supported': [
    'training_dropout',
    'training_dropout_default',
    'training_dropout_default_mask',
    'training_dropout_mask',
    'training_dropout_zero_ratio',
    'training_dropout_zero_ratio_mask',
  ],
  'DynamicQuantizeLinear y gives output y, and the engine has no bytes for a graph to give': [
    'dynamicquantizelinear',
    'dynamicquantizelinear_max_adjusted',
    'dynamicquantizelinear_min_adjusted',
  ],
  'Einsum y: the equation -> is not supported': ['einsum_scalar'],
  'Einsum y: the equation ...ii->...i is not supported': ['einsum_batch_diagonal'],
  'Einsum y: the equation ij->i is not supported': ['einsum_sum'],
  'Einsum y: the equation ij->ji is not supported': ['einsum_transpose'],
  'Einsum z: the equation i,i is not supported': ['einsum_inner_prod'],
  'Mod z: fmod is not supported': ['mod_int64_fmod', 'mod_mixed_sign_float32', 'mod_mixed_sign_float64'],
  'Range BlackmanWindow_test_blackmanwindow_expanded_function_Range: a range of floats is not known before a run': [
    'blackmanwindow_expanded',
  ],
  'Range BlackmanWindow_test_blackmanwindow_symmetric_expanded_function_Range: a range of floats is not known before a run':
    ['blackmanwindow_symmetric_expanded'],
  'Range HammingWindow_test_hammingwindow_expanded_function_Range: a range of floats is not known before a run': [
    'hammingwindow_expanded',
  ],
  'Range HammingWindow_test_hammingwindow_symmetric_expanded_function_Range: a range of floats is not known before a run':
    ['hammingwindow_symmetric_expanded'],
  'Range HannWindow_test_hannwindow_expanded_function_Range: a range of floats is not known before a run': [
    'hannwindow_expanded',
  ],
  'Range HannWindow_test_hannwindow_symmetric_expanded_function_Range: a range of floats is not known before a run': [
    'hannwindow_symmetric_expanded',
  ],
  'ScatterND y: scattered updates that are added up are not supported': [
    'scatternd_add',
    'scatternd_max',
    'scatternd_max_with_element_indices',
    'scatternd_min',
    'scatternd_min_with_element_indices',
    'scatternd_multiply',
  ],
  'input A has elements of uint8; float, int64, int32 and bool are supported': ['matmulinteger'],
};

/** By the case's name, the compiler's message. */
export const REFUSED: ReadonlyMap<string, string> = new Map(
  Object.entries(OPERATORS).flatMap(([message, names]) => names.map((name) => [name, `graph model: ${message}`])),
);

const MANY_PLACES = 'GatherND output: it is not known before a run how many places an index has';

/** With dimensions that have names, where these leave open what numbers tell. */
export const REFUSED_BY_NAMES: ReadonlyMap<string, string> = new Map([
  ['gathernd_example_float32', `graph model: ${MANY_PLACES}`],
  ['gathernd_example_int32', `graph model: ${MANY_PLACES}`],
  ['extra_squeeze_11_all', 'graph model: Squeeze y: without axes the rank depends on whether n3 is 1'],
]);

/**
 * With dimensions that have names: bounds of slices that lie beyond a size of the run. ONNX brings them back to it; the engine, which
 * believed that they lie within, refuses the run.
 */
export const REFUSED_AT_RUN: readonly string[] = [
  'slice_neg_steps',
  'slice_start_out_of_bounds',
  'extra_slice_-1_-99_-1',
  'extra_slice_2_-9999_-1',
  'extra_slice_99_1_-2',
];

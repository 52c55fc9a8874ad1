// The commands that the engine's WebAssembly executes. For each shape that a graph is run with, the host turns the graph's program into
// a list of them, in which every shape is a number and every tensor an address. This page is the source of truth; it is compiled by asc
// and imported by TypeScript, so it holds nothing but integer constants.
//
// A command is 32-bit words: its code, its length in words (these two included), then what is said below. Tensors are addresses of bytes,
// on multiples of 16 where they begin a tensor; their elements take four bytes, a float or an integer (of truth values 0 and 1). Strides
// count elements and may be 0, where a dimension is repeated, or negative. Rank is 1 to 6. Floats are written as their bits.

export const MAX_RANK = 6;

/** Ends the list. */
export const END = 0;

/** out, in, rank, rank × size, rank × stride of out, rank × stride of in. */
export const COPY = 1;

/** out, count, bits of the value. */
export const FILL = 2;

/** out, count, address of the start, address of the step, 1 for floats. out[i] = start + i × step. */
export const RANGE = 3;

/** operation, out, in, count. */
export const UNARY = 4;

/** operation, out (contiguous), a, b, rank, rank × size, rank × stride of a, rank × stride of b. */
export const BINARY = 5;

/** out (contiguous), condition, a, b, rank, rank × size, then the strides of condition, a and b: a where the condition is not 0. */
export const SELECT = 6;

/** out, table, indices, outer, size of the axis, inner, count of indices. out[o][i][n] = table[o][indices[i]][n]; from -size on. */
export const GATHER = 7;

/**
 * out, table of signed bytes [rows][width], indices, count, rows, width, scales, 1 where there is a scale for each row and 0 for one in
 * all, zero points (integers, as many) or 0 where there are none. out[i][n] = scale × (table[indices[i]][n] - zero point), floats.
 */
export const GATHER_I8 = 8;

/** out, in, matrices, rows, columns, k, 1 to keep what is on and above the k-th diagonal, 0 for on and below. */
export const TRILU = 9;

/** out, in, outer, size of the axis, inner, 1 for exclusive, 1 for reverse, 1 for floats. */
export const CUMULATIVE_SUM = 10;

/** out (holds the data already), indices [count][depth], updates [count][inner], count, depth, inner, depth × (size, stride in elements). */
export const SCATTER = 11;

/** operation, out, in, outer, size of the axis, inner. Floats. */
export const REDUCE = 12;

/** out, in, rows, columns, 1 for its logarithm. Over columns, the greatest taken off first. */
export const SOFTMAX = 13;

/**
 * out, in, added (0: none), sum (0: not wanted), scale (0: ones), shift (0: zeros), rows, columns, epsilon, 1 for RMS (the mean is not
 * taken off). in + added is normalized over columns; `sum` gets in + added, and may be `in`.
 */
export const LAYER_NORM = 14;

/** out, in, weights, rows, columns out, columns in, stride of rows out, stride of rows in, activation. */
export const LINEAR_F32 = 15;

/** The same, then scratch: LINEAR_I8_SCRATCH bytes a row beside those of the quantized row. */
export const LINEAR_I8 = 16;

/**
 * out (contiguous), a, b, scratch, rows, columns, inner, 1 where b is transposed ([columns][inner]), stride of rows of a, stride of rows of b,
 * rank of the batch (0 to 4), then for each of its dimensions: size, stride of a, stride of b. Columns of a and of b lie side by side.
 * Scratch holds one b in panels: 4 × inner × (columns rounded up to 8) bytes.
 */
export const MATMUL = 17;

/**
 * out, q, k, v, scratch, batch, heads, queries, keys, size of a head of q and k, size of a head of v, scale (a float),
 * strides of out (batch, head, query), of q (batch, head, query), of k and of v (batch, head, key),
 * 1 where it is guarded, number of steps, then for each step: kind, tensor, its strides (batch, head, query, key), fill.
 *
 * out[b,h,s] = Σt softmax(steps(scale × q[b,h,s]·k[b,h,t]))[t] × v[b,h,t]. The elements of a head lie side by side. Where it is guarded, a
 * softmax that is not a number is 0 for all keys.
 * Scratch: ATTENTION_ROWS describes it.
 */
export const ATTENTION = 18;

/**
 * out, table [rows][bytes], indices, count, rows, width, bits of an element, elements of a block, scales [rows][blocks], zero points (bytes, as
 * many) or 0 for one in all, which comes last. out[i][n] = scale × (table[indices[i]][n] - zero point), floats; n's block is n / block.
 * Elements have no sign and 8 bits, or 4: then the first of two is the lower half of a byte, and each row begins with a byte.
 */
export const GATHER_BLOCKS = 19;

/** Steps on the scores, in order: plus a float, times a float, or the fill where an integer is 0. */
export const SCORES_ADD = 0;
export const SCORES_MUL = 1;
export const SCORES_KEEP = 2;
export const SCORES_STEP_WORDS = 7;

/** Queries that attention takes at once. Its scratch is 4 × (keys rounded up to 8) × (size of a head of q + this) bytes. */
export const ATTENTION_ROWS = 10;

/**
 * out, in, columns, addend (a float), count (at most columns). Of the `count` greatest of in[n] + addend, rounded to a float, the greatest
 * first and equal ones in their order: count × n, then count × sum.
 */
export const GREATEST_OF_ROW = 20;

/**
 * As ATTENTION, with both products in bytes: queries and what scores weigh are quantized by row, keys by key and values by element of a head.
 * Scratch: keys and values as the weights of layers (keys × size of a head of q; size of a head of v × keys), then ATTENTION_ROWS_I8 times
 * a row of scores, a quantized row of queries or weights, and LINEAR_I8_SCRATCH.
 */
export const ATTENTION_I8 = 21;

/** Queries that it takes at once. */
export const ATTENTION_ROWS_I8 = 12;

/**
 * As LINEAR_I8, of weights in 4 bits. Behind its rows, from the next multiple of 16 on, scratch has room for WIDENED panels of bytes, or all where
 * they are fewer; or for the sums of a few rows, four bytes for each block of a row, which are less.
 */
export const LINEAR_I4 = 22;

/** Panels that are in bytes at once, at most. */
export const WIDENED = 8;

// Codes that `run` returns.
export const DONE = 0;
/** An index lies outside its axis. */
export const ERROR_INDEX = 1;
/** A command has an unknown code, operation or rank: host and module are of different versions. */
export const ERROR_COMMAND = 2;

// Activations of LINEAR_*, and operations of UNARY on floats.
export const NONE = 0;
export const RELU = 1;
export const GELU_ERF = 2;
export const GELU_TANH = 3;
export const TANH = 4;
export const SIGMOID = 5;
export const SILU = 6;
export const ERF = 7;
export const EXP = 8;
export const LOG = 9;
export const SQRT = 10;
export const RECIPROCAL = 11;
export const NEG = 12;
export const ABS = 13;
export const SIN = 14;
export const COS = 15;
export const FLOOR = 16;
export const CEIL = 17;
export const ROUND = 18;
export const SIGN = 19;
// Operations of UNARY on and to integers.
export const NEG_I = 32;
export const ABS_I = 33;
export const NOT = 34;
/** Towards zero, held within 32 bits; of no number 0. */
export const FLOAT_TO_INT = 35;
export const INT_TO_FLOAT = 36;
/** 1 for whatever is not 0. */
export const FLOAT_TO_BOOL = 37;
export const INT_TO_BOOL = 38;

// Operations of BINARY: on floats, then the same on integers at + 32. Comparisons give truth values. Division by the integer 0 gives 0.
export const ADD = 0;
export const SUB = 1;
export const MUL = 2;
export const DIV = 3;
export const POW = 4;
export const MIN = 5;
export const MAX = 6;
export const EQUAL = 7;
export const LESS = 8;
export const LESS_OR_EQUAL = 9;
export const GREATER = 10;
export const GREATER_OR_EQUAL = 11;
/** The remainder with the sign of the divisor, as Python's %. */
export const MOD = 12;
export const INTEGERS = 32;
export const AND = 64;
export const OR = 65;
export const XOR = 66;

// Operations of REDUCE.
export const SUM = 0;
export const MEAN = 1;
export const GREATEST = 2;
export const LEAST = 3;
export const PRODUCT = 4;

// Weights of LINEAR_F32: panels of eight columns out, [columns in][8] floats, then 8 × bias. Those of the last panel are filled up with 0.
//
// Weights of LINEAR_I8: panels of eight columns out, [columns in / 4][8][4] signed bytes, columns in filled up with 0 to a multiple of 8,
// then 8 × scale, 8 × (scale × the sum of the column), 8 × bias. Bytes 0 and 1 of the four add up to no more than 128 on either side of 0, and
// so do 2 and 3: many machines add the products of these pairs with q up in 16 bits, which hold 255 × 128. With a row x ≈ step × q + least:
//
//   y[n] = Σk q[k] w[k,n] × step × scale[n] + least × scale[n] × Σk w[k,n] + bias[n]
//
// Weights of LINEAR_I4: panels of eight columns out, whose columns in are filled up as those of LINEAR_I8: [columns in / 4][4][4] bytes, two
// elements each, of the first four columns out in the lower halves, of the others in the upper ones. Then comes what is said of blocks of
// I4_BLOCK columns in (the last of a panel: of what is left), 8 bytes each, one for each column out, with a factor in the lower half and a zero
// point in the upper one; and then what stands behind the bytes of LINEAR_I8. What is said there of neighbours holds of
//
//   w[k,n] = factor × (element - zero point)
//
// which is a signed byte. Of a file in which it is none, what comes out may differ with the number of rows.
export const PANEL = 8;
export const DEPTH_UNIT = 8;
export const PANEL_TAIL_I8 = 96;
export const PANEL_TAIL_F32 = 32;
export const I4_BLOCK = 32;
/** Step and least of a quantized row, floats, which lie behind all quantized rows. */
export const LINEAR_I8_SCRATCH = 8;

// What the machine's relaxed dot product does with bytes over 127, and thus how rows are quantized. The results of the first three have the
// same bits.
/** They are unsigned: rows are bytes. */
export const DOT_UNSIGNED = 0;
/** They are unsigned, and sums of pairs saturate, which those of such weights cannot: rows are bytes. */
export const DOT_PAIRS = 4;
/** They are signed: rows are bytes less 128, which sums make up for. */
export const DOT_SIGNED = 2;
/** Something else, or weights do not keep to pairs (program-format.ts): rows have 7 bits. */
export const DOT_SEVEN_BITS = 1;
/** There is none, or it is not asked for: rows have 12 bits in 2 bytes an element, the product of plain SIMD. */
export const DOT_PLAIN = 3;

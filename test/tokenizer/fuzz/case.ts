// What is tried: a compiled file, as what it is altered from and how, and what is asked of it. It is written down as JSON, and means
// the same as long as the sections of the files do.

import { xxh32 } from '../../../model-assets/tokenizer/xxh32.ts';
import * as format from '../../../shared/tokenizer/format.ts';
import type { EncodeOptions, TextInput, WordsInput } from '../../../shared/tokenizer/tokenizer.ts';

export interface Call {
  readonly input: TextInput | WordsInput;
  readonly options: EncodeOptions;
}

/** A byte that is written over another: which section in the order of the file, or HEADER; where in it; the byte. */
export type Patch = readonly [section: number, at: number, byte: number];

/** The header and the directory. */
export const HEADER = -1;

export interface Case {
  /** A name in Bases. */
  readonly base: string;
  /** Sections that come from another base, tag and name. */
  readonly swaps: readonly (readonly [tag: number, base: string])[];
  readonly patches: readonly Patch[];
  /** Bytes that are missing at the end. */
  readonly cut: number;
  readonly calls: readonly Call[];
}

export type Bases = ReadonlyMap<string, Uint8Array>;

interface Section {
  readonly tag: number;
  readonly bytes: Uint8Array;
}

export const isSound = ({ swaps, patches, cut }: Case): boolean =>
  swaps.length === 0 && patches.length === 0 && cut === 0;

export function sectionsOf(file: Uint8Array): Section[] {
  const view = new DataView(file.buffer, file.byteOffset);
  return Array.from({ length: view.getUint32(format.HEADER_SECTIONS, true) }, (_, i) => {
    const entry = format.HEADER_BYTES + i * format.DIRECTORY_ENTRY_BYTES;
    const [tag = 0, start = 0, length = 0] = [0, 4, 8].map((at) => view.getUint32(entry + at, true));
    return { tag, bytes: file.subarray(start, start + length) };
  });
}

/** The file of a case, its checksum made right. */
export function fileOf(item: Case, bases: Bases): Uint8Array {
  const base = bases.get(item.base);
  if (base === undefined) throw new Error(`there is no base ${item.base}`);
  if (isSound(item)) return base;
  const sections = sectionsOf(base).map(({ tag, bytes }) => {
    const other = bases.get(item.swaps.find(([swapped]) => swapped === tag)?.[1] ?? '');
    return { tag, bytes: (other && sectionsOf(other).find((section) => section.tag === tag)?.bytes) ?? bytes };
  });
  const { file, starts } = assemble(sections);
  for (const [section, at, byte] of item.patches) {
    const place = section === HEADER ? at : (starts[section] ?? file.length) + at;
    if (place < file.length) file[place] = byte;
  }
  const kept = file.subarray(0, Math.max(0, file.length - item.cut));
  if (kept.length >= format.HEADER_BYTES) {
    const sum = xxh32(kept.subarray(format.CHECKSUM_START), format.CHECKSUM_SEED);
    new DataView(kept.buffer).setUint32(format.HEADER_CHECKSUM, sum, true);
  }
  return kept;
}

function assemble(sections: readonly Section[]): { file: Uint8Array; starts: number[] } {
  const align = (at: number) => Math.ceil(at / format.SECTION_ALIGNMENT) * format.SECTION_ALIGNMENT;
  const starts: number[] = [];
  let end = align(format.HEADER_BYTES + sections.length * format.DIRECTORY_ENTRY_BYTES);
  for (const { bytes } of sections) {
    starts.push(end);
    end = align(end + bytes.length);
  }
  const file = new Uint8Array(end);
  const words = new DataView(file.buffer);
  words.setUint32(format.HEADER_MAGIC, format.MAGIC, true);
  words.setUint32(format.HEADER_VERSION, format.VERSION, true);
  words.setUint32(format.HEADER_LENGTH, end, true);
  words.setUint32(format.HEADER_SECTIONS, sections.length, true);
  for (const [i, { tag, bytes }] of sections.entries()) {
    const entry = format.HEADER_BYTES + i * format.DIRECTORY_ENTRY_BYTES;
    for (const [at, value] of [tag, starts[i] ?? 0, bytes.length].entries())
      words.setUint32(entry + 4 * at, value, true);
    file.set(bytes, starts[i]);
  }
  return { file, starts };
}

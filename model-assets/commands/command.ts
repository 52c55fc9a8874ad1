// A command of `npm run models`: what it is called with, and what it does.

import type { ParseArgsOptionsConfig } from 'node:util';

/** What is wrong with how a command was called; said with its help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked for was done, and its outcome is not good. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

export type Values = Readonly<Record<string, string | boolean | undefined>>;

export interface Command {
  readonly name: string;
  /** Arguments after the name, as a person writes them. */
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  /** What `--help` says below the usage. */
  readonly help: string;
  readonly options: ParseArgsOptionsConfig;
  run(positionals: readonly string[], values: Values): Promise<void>;
}

/** Of an option that takes a text. */
export const textOf = (values: Values, name: string): string | undefined => {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
};

/** Throws where there are more or fewer positionals than names. */
export function exactly(positionals: readonly string[], ...names: readonly string[]): readonly string[] {
  if (positionals.length === names.length) return positionals;
  throw new UsageError(
    `it takes ${names.join(' and ') || 'nothing'}, and was given ${positionals.join(' ') || 'nothing'}`,
  );
}

// A command of `npm run models`: what it is called with, and what it does; how it, `hooks`, `evaluate` and `deploy`
// are called, and how they end.

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

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

/** Throws `UsageError` for an option that there is not. */
export function parseLine<T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Says what went wrong, and gives the exit code: 2, with `help`, for how `name` was called, and else 1. */
export function report(error: unknown, name: string, help: string): number {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${help}`);
    return 2;
  }
  if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
    console.error(`${name}: the disk is full; make room and run the command again, which goes on where this ended`);
    return 1;
  }
  // The stack is for who works on the project; what is wrong with a checkpoint is in the message.
  console.error(process.env.DEBUG ? error : `${name}: ${error instanceof Error ? error.message : error}`);
  return 1;
}

/** Of an option that takes a whole number from 0. */
export function countOf(text: string, option: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError(`${option} is "${text}"; it takes a whole number`);
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

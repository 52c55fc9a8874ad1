// npm run models -- <command>: what is in the bucket, and what comes into it.

import './small-heap.ts';
import { parseArgs } from 'node:util';
import { addCommand } from './commands/add.ts';
import { type Command, UsageError } from './commands/command.ts';
import { defaultCommand } from './commands/default.ts';
import { explainCommand } from './commands/explain.ts';
import { gcCommand } from './commands/gc.ts';
import { listCommand } from './commands/list.ts';
import { publishCommand } from './commands/publish.ts';
import { pullCommand } from './commands/pull.ts';
import { removeCommand } from './commands/remove.ts';
import { showCommand } from './commands/show.ts';
import { verifyCommand } from './commands/verify.ts';

const COMMANDS: readonly Command[] = [
  addCommand,
  listCommand,
  showCommand,
  defaultCommand,
  pullCommand,
  removeCommand,
  gcCommand,
  verifyCommand,
  publishCommand,
  explainCommand,
];

const HELP = `npm run models -- <command>

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`).join('\n')}

npm run models -- <command> --help says more.`;

const [name, ...rest] = process.argv.slice(2);
const command = COMMANDS.find((each) => each.name === name);

if (command) process.exitCode = await runCommand(command, rest);
else if (name === '--help' || name === 'help') console.log(HELP);
else {
  console.error(`${name ? `there is no command ${name}` : 'a command is missing'}\n\n${HELP}`);
  process.exitCode = 2;
}

async function runCommand({ name, usage, help, options, run }: Command, args: readonly string[]): Promise<number> {
  const title = `npm run models -- ${name} ${usage}`;
  try {
    const all = { ...options, help: { type: 'boolean' as const, default: false } };
    const { values, positionals } = parse(args, all);
    if (values.help) console.log(`${title}\n\n${help}`);
    else await run(positionals, values as Parameters<typeof run>[1]);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\n\n${title}\n\n${help}`);
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
}

/** Throws `UsageError` for an option that there is not. */
function parse(args: readonly string[], options: Command['options']) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

// npm run models -- <command>: what is in the bucket, and what comes into it.

import { parseArgs } from 'node:util';
import { type Command, UsageError } from './commands/command.ts';

/** In the order in which they are told of. Each is loaded when it is called: what one needs takes longer to load than most take. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  add: async () => (await import('./commands/add.ts')).addCommand,
  list: async () => (await import('./commands/list.ts')).listCommand,
  show: async () => (await import('./commands/show.ts')).showCommand,
  default: async () => (await import('./commands/default.ts')).defaultCommand,
  pull: async () => (await import('./commands/pull.ts')).pullCommand,
  remove: async () => (await import('./commands/remove.ts')).removeCommand,
  gc: async () => (await import('./commands/gc.ts')).gcCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  publish: async () => (await import('./commands/publish.ts')).publishCommand,
  explain: async () => (await import('./commands/explain.ts')).explainCommand,
};

const [name = '', ...rest] = process.argv.slice(2);
const open = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;

if (open) process.exitCode = await runCommand(await open(), rest);
else if (name === '--help' || name === 'help') console.log(await help());
else {
  console.error(`${name ? `there is no command ${name}` : 'a command is missing'}\n\n${await help()}`);
  process.exitCode = 2;
}

async function help(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((each) => each()));
  return `npm run models -- <command>

${commands.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}`).join('\n')}

npm run models -- <command> --help says more.`;
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

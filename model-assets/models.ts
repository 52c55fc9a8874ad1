// npm run models -- <command>: what is in the bucket, and what comes into it.

import { type Command, parseLine, report } from './commands/command.ts';

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
    const { values, positionals } = parseLine(args, all);
    if (values.help) console.log(`${title}\n\n${help}`);
    else await run(positionals, values as Parameters<typeof run>[1]);
    return 0;
  } catch (error) {
    return report(error, name, `${title}\n\n${help}`);
  }
}

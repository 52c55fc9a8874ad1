// Which task a checkpoint is for: the one that was asked for, else what its card or its config.json say.

import type { Config } from './config.ts';

const ENTAILMENT = /^entail/i;

/** `asked`: by the caller; `card`: the card's pipeline_tag. Throws where neither they nor config.json tell, or where the head cannot. */
export function chooseTask(config: Config, asked: string | undefined, card: string | undefined): string {
  const possible = possibleTasks(config);
  if (asked !== undefined) return admit(config, asked, '--task');
  if (card !== undefined && config.tasks.includes(card)) return admit(config, card, "the card's pipeline_tag");
  const [task, ...others] = possible;
  if (task !== undefined && others.length === 0) return task;
  if (config.likely !== undefined) return config.likely;
  const said = card === undefined ? 'no card says which' : `the card's pipeline_tag is ${card}`;
  throw new Error(`${config.head} serves ${possible.join(' or ')}, and ${said}; say --task ${possible.join(' or ')}`);
}

/** Of the head's tasks those that the rest of config.json leaves. */
function possibleTasks({ tasks, id2label }: Config): readonly string[] {
  const hasEntailment = id2label.some((label) => ENTAILMENT.test(label));
  return tasks.filter((task) => task !== 'zero-shot-classification' || hasEntailment);
}

function admit({ head, tasks, id2label }: Config, task: string, said: string): string {
  if (!tasks.includes(task)) throw new Error(`${said} is ${task}; ${head} serves ${tasks.join(', ')}`);
  if (task === 'zero-shot-classification' && !id2label.some((label) => ENTAILMENT.test(label))) {
    throw new Error(
      `zero-shot-classification needs a label that begins with entail; id2label of config.json has ${id2label.join(', ')}`,
    );
  }
  return task;
}

/** `manyhands job`: look after jobs of this user's identity, in any process and days later. @module */
import { Command, InvalidArgumentError } from 'commander';
import { compute, fetchResults, init } from '../../entry/deployer.node.js';
import { formatCredits } from '../../entry/wallet.node.js';
import { examples } from '../help.js';
import { schedulerOption } from '../options.js';

export function jobCommand(): Command {
  const job = new Command('job')
    .description('Your jobs: how far they are, their results, their end.')
    .addHelpText(
      'after',
      examples(
        ['manyhands job status <id>', 'how far it is'],
        ['manyhands job results <id> > results.jsonl', 'what there is so far, a line of JSON a slice'],
        ['manyhands job cancel <id>', 'end it; its results stay'],
      ),
    );
  job
    .command('status')
    .description('Show how far a job is.')
    .argument('<id>', "the job's id, 22 characters")
    .addOption(schedulerOption())
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['manyhands job status <id>', 'slices done, failed and in all']))
    .action(showStatus);
  job
    .command('results')
    .description(
      'Print the results there are, one line of JSON a slice, in order; failed slices have an "error".',
    )
    .argument('<id>', "the job's id")
    .option('--range <from-to>', 'only slices from-to, counted from 1')
    .addOption(schedulerOption())
    .addHelpText('after', examples(['manyhands job results <id> --range 1-100', 'the first hundred']))
    .action(printResults);
  job
    .command('cancel')
    .description('End a job where it is; its results stay, its escrow goes back.')
    .argument('<id>', "the job's id")
    .option('--reason <text>', 'why, for those who follow it', 'cancelled from the command line')
    .addOption(schedulerOption())
    .addHelpText(
      'after',
      examples(['manyhands job cancel <id> --reason "wrong input"', 'end it, and say why']),
    )
    .action(async (id: string, { scheduler, reason }: { scheduler: string; reason: string }) => {
      init({ scheduler });
      const { runStatus, computed, total } = await compute.cancel(id, reason);
      console.log(`${id} is ${runStatus}: ${computed} of ${total} slices are done.`);
    });
  return job;
}

async function showStatus(id: string, options: { scheduler: string; json?: boolean }): Promise<void> {
  init({ scheduler: options.scheduler });
  const status = await compute.status(id);
  if (options.json) return console.log(toJson(status));
  const { runStatus, total, computed, failed, workers, paid, open, reason } = status;
  console.log(`job       ${id}`);
  console.log(
    `status    ${runStatus}${reason === undefined ? '' : ` (${reason})`}${open ? ', open for more slices' : ''}`,
  );
  console.log(`slices    ${computed} of ${total} done, ${failed} failed`);
  console.log(`workers   ${workers}`);
  console.log(`paid      ${formatCredits(paid)} credits`);
}

async function printResults(id: string, options: { scheduler: string; range?: string }): Promise<void> {
  init({ scheduler: options.scheduler });
  const range = options.range === undefined ? undefined : parseRange(options.range);
  for (const { slice, value, error } of await fetchResults(id, range)) {
    const line =
      error === undefined ? { slice, value } : { slice, error: { name: error.name, message: error.message } };
    console.log(toJson(line));
  }
}

function parseRange(text: string): [number, number] {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (from === undefined || to === undefined) throw new InvalidArgumentError('Write a range like 1-100.');
  return [Number(from), Number(to)];
}

/** JSON with what it lacks: big integers as digits, typed arrays and sets as lists, maps as lists of pairs. */
function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'bigint') return String(part);
    if (ArrayBuffer.isView(part) && !(part instanceof DataView))
      return [...(part as unknown as Iterable<unknown>)];
    if (part instanceof Set || part instanceof Map) return [...(part as Iterable<unknown>)];
    return part;
  });
}

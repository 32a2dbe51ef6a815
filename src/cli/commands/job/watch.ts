/** `manyhands job watch`: shows the progress of a job until it ends. @module */
import { createLogUpdate } from 'log-update';
import { Command } from 'commander';
import { attach, compute, init, type JobStatusInfo } from '../../../entry/deployer.node.js';
import { isError, ManyhandsError, printable } from '../../../entry/texts.node.js';
import { examples } from '../../console/help.js';
import { formatSlices } from '../../console/job-text.js';
import { terminalWidth } from '../../console/terminal.js';
import { toJson } from '../../console/to-json.js';
import { progressLine } from '../../demo/progress-line.js';
import { jobIdArgument, schedulerOption } from '../../options/options.js';

const TITLE = 'Job';

export function watchCommand(): Command {
  return new Command('watch')
    .description(
      'Show the progress of a job until it is complete, with the errors of its slices and what they print.',
    )
    .addArgument(jobIdArgument())
    .option('--json', 'one line of JSON for each change of its status, each error and each output')
    .option('--logs', 'only what its slices print, and their errors')
    .addOption(schedulerOption())
    .addHelpText(
      'after',
      examples(
        ['manyhands job watch <id>', 'wait for it'],
        ['manyhands job watch <id> --logs', 'what console.log and print write, from now on'],
      ),
    )
    .action(watchJob);
}

interface WatchOptions {
  json?: boolean;
  logs?: boolean;
  scheduler: string;
}

/** Exits with 1 if the job was cancelled, or slices of it failed. */
export async function watchJob(id: string, { scheduler, json, logs }: WatchOptions): Promise<void> {
  init({ scheduler });
  const job = await attach(id);
  job.collateResults = false;
  const update = createLogUpdate(process.stdout);
  const isLive = process.stdout.isTTY && json !== true && logs !== true;
  const startMs = performance.now();
  const print = (text: string): void => {
    if (isLive) update.clear();
    console.log(text);
  };
  const show = (status: JobStatusInfo): void => {
    if (json === true && logs !== true) console.log(toJson(withoutJob(status)));
    if (!isLive) return;
    const { computed: done, total, workers } = status;
    const elapsedMs = performance.now() - startMs;
    update(progressLine(TITLE, { done, total, workers, elapsedMs }, terminalWidth() - 1));
  };
  job.on('status', show);
  job.on('console', ({ sliceNumber, attempt, level, message }) => {
    if (json === true) console.log(toJson({ slice: sliceNumber, attempt, level, message }));
    else print(`slice ${sliceNumber} ${level}: ${printable(message)}`);
  });
  job.on('error', ({ sliceNumber, error: { name, message } }) => {
    if (sliceNumber === undefined) return;
    if (json === true) console.log(toJson({ slice: sliceNumber, error: { name, message } }));
    else print(`slice ${sliceNumber} failed: ${printable(`${name}: ${message}`)}`);
  });
  try {
    await job.wait();
  } catch (error) {
    if (!isError(error, 'SLICES_FAILED')) throw error;
  }
  if (isLive) update.done();
  const status = await compute.status(id);
  if (json !== true) console.log(`${id} is ${status.runStatus}: ${formatSlices(status)}.`);
  if (status.failed > 0) throw failed(id, status.failed, status.total);
}

/** The fields of a status event without its handle. */
function withoutJob(event: object): object {
  const { job: _job, ...status } = { job: undefined, ...event };
  return status;
}

function failed(jobId: string, count: number, total: number): ManyhandsError {
  const text = `${count} of ${total} slices failed: manyhands job results ${jobId} has their errors.`;
  return new ManyhandsError('SLICES_FAILED', text, { jobId, failed: count, failures: [], results: [] });
}

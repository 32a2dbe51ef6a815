/**
 * The operator's side in Node: minting credits and looking at accounts of a scheduler whose data folder one can read.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectOperator, type Operator } from '../deployer/operator.js';
import { systemClock } from '../lib/clock.js';
import { ManyhandsError } from '../lib/errors.js';
import { readOptions } from '../lib/options.js';
import { systemRandom } from '../lib/crypto/random.js';
import { DEFAULT_SCHEDULER } from '../protocol/wire/scheduler-url.js';
import { connectNode } from '../transport/ws-node.js';

export interface OpenOperatorOptions {
  /** @default MANYHANDS_SCHEDULER, or the default on localhost */
  scheduler?: string | URL;
  /** The scheduler's data folder, where its token is. One of this and `token` is needed. */
  dataDir?: string;
  token?: string;
}

/** Opens an operator's session. Throws `UNKNOWN_OPTION`, `INVALID_ARGUMENT`, or `FORBIDDEN` where there is no token to be read, or it is a wrong one. */
export async function openOperator(options: OpenOperatorOptions): Promise<Operator> {
  const given = readOptions<OpenOperatorOptions>(options, 'openOperator', {
    scheduler: true,
    dataDir: true,
    token: true,
  });
  const scheduler = given.scheduler ?? (process.env.MANYHANDS_SCHEDULER || DEFAULT_SCHEDULER);
  const token = given.token ?? (await readToken(given.dataDir));
  return connectOperator(
    { scheduler, token },
    { connect: connectNode, clock: systemClock, random: systemRandom },
  );
}

async function readToken(dataDir: string | undefined): Promise<string> {
  if (dataDir === undefined) {
    throw new ManyhandsError('INVALID_ARGUMENT', 'name the scheduler’s data folder, or give its token', {
      argument: 'dataDir',
    });
  }
  const file = join(dataDir, 'operator.token');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new ManyhandsError(
      'FORBIDDEN',
      `cannot read ${file}: only who runs the scheduler is its operator; name its data folder`,
      { file },
      { cause },
    );
  }
}

export type { JobPage, ListedJob, ListOptions } from '../deployer/compute-types.js';
export type { Ban, BanKind, WorkerListing } from '../protocol/messages/operator-messages.js';
export type { AccountInfo, Operator } from '../deployer/operator.js';

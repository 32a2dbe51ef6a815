/**
 * The operator of a scheduler, in Node. It needs read access to the scheduler's data folder, or its token.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectOperator, type Operator } from '../operator/operator.js';
import { systemClock } from '../lib/clock.js';
import { ManyhandsError } from '../lib/errors.js';
import { readOptions } from '../lib/options.js';
import { systemRandom } from '../lib/crypto/random.js';
import { DEFAULT_SCHEDULER } from '../protocol/wire/scheduler-url.js';
import { connectNode } from '../transport/ws-node.js';

export interface OpenOperatorOptions {
  /** @default MANYHANDS_SCHEDULER, or the default on localhost */
  scheduler?: string | URL;
  /** The scheduler's data folder, which contains the token. Either this or `token` is required. */
  dataDir?: string;
  token?: string;
}

/**
 * Opens an operator's session. @throws UNKNOWN_OPTION, INVALID_ARGUMENT, CONNECT_FAILED, or FORBIDDEN if
 * the token cannot be read or is wrong
 */
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
    throw new ManyhandsError('INVALID_ARGUMENT', 'Give the scheduler’s data folder (dataDir) or its token.', {
      argument: 'dataDir',
    });
  }
  const file = join(dataDir, 'operator.token');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new ManyhandsError(
      'FORBIDDEN',
      `cannot read ${file}: only the user who runs the scheduler can be its operator; give its data folder`,
      { file },
      { cause },
    );
  }
}

export type { JobPage, ListedJob, ListOptions } from '../client/jobs/list-jobs.js';
export type { Ban, BanKind, WorkerListing } from '../protocol/messages/operator-messages.js';
export type { AccountInfo } from '../client/jobs/account-info.js';
export type { Operator } from '../operator/operator.js';

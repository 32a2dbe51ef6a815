/**
 * The operator's session: what only the holder of the data folder's token may ask of a scheduler.
 * @module
 */
import type { Clock } from '../lib/clock.js';
import { newId } from '../lib/ids.js';
import type { Random } from '../lib/random.js';
import { SOFTWARE_VERSION } from '../lib/version.js';
import { clientCodec } from '../protocol/codec.js';
import type { DeployerRequests } from '../protocol/messages.js';
import { parseSchedulerUrl } from '../protocol/scheduler-url.js';
import { PROTOCOL_VERSION } from '../protocol/version.js';
import { ClientSession } from '../transport/session.js';
import type { Connect } from '../transport/transport.js';
import type { JobPage, ListOptions } from './compute-types.js';
import { listJobs } from './list-jobs.js';

export interface OperatorOptions {
  scheduler: string | URL;
  /** The text of `operator.token` in the scheduler's data folder. */
  token: string;
}

export interface OperatorPorts {
  connect: Connect;
  clock: Clock;
  random: Random;
}

export interface AccountInfo {
  address: string;
  /** Units (1 credit = 10^9): to spend, waiting in escrow for jobs, and ever earned by slices. */
  balance: bigint;
  escrow: bigint;
  earned: bigint;
}

export interface Operator {
  /** Credits `units` to an account, from nothing; resolves with its balance in units. */
  mint(address: string, units: bigint): Promise<bigint>;
  account(address: string): Promise<AccountInfo>;
  /** All jobs there are, the newest first, a page at a time. Rejects with `INVALID_ARGUMENT`. */
  jobs(options?: ListOptions): Promise<JobPage>;
  close(): Promise<void>;
}

/** Opens a session. Rejects with `CONNECT_FAILED`, or `FORBIDDEN` where the token is another scheduler's. */
export async function connectOperator(options: OperatorOptions, ports: OperatorPorts): Promise<Operator> {
  const session = new ClientSession<DeployerRequests>({
    url: parseSchedulerUrl(options.scheduler).socket,
    ...ports,
    codec: clientCodec,
    hello: () => ({
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      software: SOFTWARE_VERSION,
      role: 'operator',
      operatorToken: options.token,
    }),
    notice: () => undefined,
  });
  await session.open();
  return {
    mint: async (address, amount) => {
      const mintId = newId(ports.random);
      return (await session.request('account.mint', { address: address.toLowerCase(), amount, mintId }))
        .balance;
    },
    account: (address) => session.request('account.show', { address: address.toLowerCase() }),
    jobs: (options) => listJobs((body) => session.request('job.list', body), options),
    close: () => session.close(),
  };
}

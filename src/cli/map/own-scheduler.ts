/**
 * A scheduler and a worker of this process alone, for one `manyhands map`: their data are in a temporary folder.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startScheduler, type Scheduler } from '../../entry/scheduler.node.js';
import { printable } from '../../entry/texts.node.js';
import { Worker } from '../../entry/worker.node.js';

export interface OwnSchedulerOptions {
  /** Whether phones and machines nearby may join. */
  lan: boolean;
  /** Sandboxes of this machine. @default all cores */
  cores?: number | undefined;
  /** Prints a line for the user. */
  print: (text: string) => void;
}

export interface OwnScheduler {
  readonly url: string;
  readonly port: number;
  /** Rejects when the worker cannot continue. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

/** Starts both; `close` stops them and removes the folder. */
export async function startOwnScheduler({ lan, cores, print }: OwnSchedulerOptions): Promise<OwnScheduler> {
  const dataDir = await mkdtemp(join(tmpdir(), 'manyhands-map-'));
  let scheduler: Scheduler | undefined;
  let worker: Worker | undefined;
  const close = async (): Promise<void> => {
    await worker?.stop({ force: true });
    await scheduler?.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    scheduler = await startScheduler({ port: 0, host: lan ? '0.0.0.0' : '127.0.0.1', dataDir });
    const isolation = 'thread';
    worker = new Worker({ scheduler: scheduler.url, isolation, cores: cores ?? availableParallelism() });
    worker.on('warning', ({ error }) => print(`warning: ${printable(error.message)}`));
    const failed = new Promise<never>((_, reject) => worker!.on('error', ({ error }) => reject(error)));
    failed.catch(() => undefined);
    await worker.start();
    return { url: scheduler.url, port: scheduler.port, failed, close };
  } catch (error) {
    await close();
    throw error;
  }
}

import type { ChildProcess } from 'node:child_process';

export interface Cluster {
  readonly url: string;
  readonly operatorToken: string;
  /** MANYHANDS_HOME of all of them; its identity is the owner whose jobs the workers take. */
  readonly home: string;
  readonly dataDir: string;
  readonly scheduler: ChildProcess;
  readonly workers: ChildProcess[];
  addWorker(): Promise<void>;
  restartScheduler(whileDown?: () => Promise<void>): Promise<void>;
  stopScheduler(): Promise<void>;
  memory(): Promise<NodeJS.MemoryUsage>;
  stop(): Promise<void>;
}

export interface WorkerProcess {
  readonly child: ChildProcess;
  /** `SIGTERM` where none is named. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

export function startWorker(
  url: string,
  options?: { cores?: number; home?: string; allowOrigins?: readonly string[]; paymentAddress?: string },
): Promise<WorkerProcess>;
export function startCluster(options?: {
  workers?: number;
  cores?: number;
  /** Origins of other sites whose pages the scheduler serves. */
  allowWebOrigins?: readonly string[];
}): Promise<Cluster>;

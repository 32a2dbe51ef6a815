/**
 * The context of one job: that of its deployer, or from `localExec` on that of a local node. The parts of a handle keep this
 * object, so that all of them change at once.
 * @module
 */
import type { DeployerContext } from '../connection/context.js';

export class SwitchableContext implements DeployerContext {
  #current: DeployerContext;

  constructor(context: DeployerContext) {
    this.#current = context;
  }

  /** The job runs in this process from now on; it was not deployed yet. */
  useLocal(cores: number): void {
    this.#current = this.#current.local(cores);
  }

  get ports(): DeployerContext['ports'] {
    return this.#current.ports;
  }

  get connection(): DeployerContext['connection'] {
    return this.#current.connection;
  }

  get client(): DeployerContext['client'] {
    return this.#current.client;
  }

  get blobs(): DeployerContext['blobs'] {
    return this.#current.blobs;
  }

  get noWorkersWarning(): DeployerContext['noWorkersWarning'] {
    return this.#current.noWorkersWarning;
  }

  get events(): DeployerContext['events'] {
    return this.#current.events;
  }

  connectionToFollow(jobId: string): ReturnType<DeployerContext['connectionToFollow']> {
    return this.#current.connectionToFollow(jobId);
  }

  local(cores: number): DeployerContext {
    return this.#current.local(cores);
  }
}

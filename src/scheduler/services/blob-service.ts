/**
 * The use case of a client that uploads a blob.
 * @module
 */
import type { DeployerRequests } from '../../protocol/messages/messages.js';
import type { ServiceContext } from './service-context.js';

export class BlobService {
  readonly #context: ServiceContext;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /** A ticket to upload a blob of `bytes` bytes, or that it is stored already. @throws VALUE_TOO_LARGE */
  async ticket(digest: string, bytes: number): Promise<DeployerRequests['blob.ticket'][1]> {
    const { options, tickets } = this.#context;
    if ((await options.blobs.size(digest)) !== undefined) return { exists: true };
    return { exists: false, ticket: tickets.issue(digest, bytes) };
  }
}

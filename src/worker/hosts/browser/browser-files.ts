/**
 * Prepares a worktime's files for a sandbox in a frame: large files become blobs, which are stored once and not copied
 * with each message, and WebAssembly becomes its digest, under which the frame sends the compiled module.
 * @module
 */
import type { SupervisorToSandbox, WorktimeFiles } from '../../../protocol/messages/sandbox-messages.js';
import { digestOf } from '../../assets/file-digests.js';

/** Smaller files are copied with the message, bytes. */
const BLOB_BYTES_MIN = 64 * 1024;

export interface ModuleSource {
  /** Identifies the bytes: their SHA-256. */
  readonly key: string;
  readonly source: Blob;
}

export interface Shipped {
  /** The message to post. */
  readonly message: SupervisorToSandbox;
  /** Modules that the frame must send to the sandbox in addition. */
  readonly modules: ModuleSource[];
}

interface WorktimeParts {
  assets: WorktimeFiles;
  snapshot?: Uint8Array | Blob;
}

/** The worktime files in a message, by name. */
export function worktimeFilesOf(message: SupervisorToSandbox): WorktimeFiles {
  switch (message.type) {
    case 'assign':
      return message.assignment.assets;
    case 'warm':
    case 'make-snapshot':
      return message.assets;
    default:
      return {};
  }
}

export class BrowserFiles {
  /** By digest, as are the modules. */
  readonly #files = new Map<string, Blob>();
  readonly #snapshots = new WeakMap<Uint8Array, Blob>();
  readonly #modules = new Map<string, ModuleSource>();

  /** All modules that were shipped so far: frames may compile them in advance. */
  get modules(): ModuleSource[] {
    return [...this.#modules.values()];
  }

  ship(message: SupervisorToSandbox): Shipped {
    const modules: ModuleSource[] = [];
    switch (message.type) {
      case 'assign': {
        const { assignment } = message;
        const parts = this.#parts(assignment, modules);
        return { message: { ...message, assignment: { ...assignment, ...parts } }, modules };
      }
      case 'warm':
      case 'make-snapshot':
        return { message: { ...message, ...this.#parts(message, modules) }, modules };
      default:
        return { message, modules };
    }
  }

  #parts(parts: WorktimeParts, modules: ModuleSource[]): Pick<WorktimeParts, 'assets' | 'snapshot'> {
    const { snapshot } = parts;
    const assets: WorktimeFiles = {};
    for (const [name, file] of Object.entries(parts.assets)) {
      if (!(file instanceof Uint8Array) || file.byteLength < BLOB_BYTES_MIN) {
        assets[name] = file;
        continue;
      }
      const key = digestOf(file);
      const source = this.#files.get(key) ?? blobOf(file);
      this.#files.set(key, source);
      if (!name.endsWith('.wasm')) assets[name] = source;
      else {
        const module = { key, source };
        this.#modules.set(key, module);
        modules.push(module);
        assets[name] = { moduleKey: key };
      }
    }
    return snapshot instanceof Uint8Array ? { assets, snapshot: this.#snapshot(snapshot) } : { assets };
  }

  #snapshot(bytes: Uint8Array): Blob {
    const known = this.#snapshots.get(bytes);
    if (known !== undefined) return known;
    const blob = blobOf(bytes);
    this.#snapshots.set(bytes, blob);
    return blob;
  }
}

function blobOf(bytes: Uint8Array): Blob {
  return new Blob([bytes as BlobPart]);
}

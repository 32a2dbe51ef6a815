/**
 * Output streams of WASI modules: one captures the result, one sends lines to the console.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { VALUE_BYTES_MAX } from '../../protocol/limits.js';
import { FILETYPE, RIGHTS } from './wasi/constants.js';
import { Descriptor, type Stat } from './wasi/descriptors.js';
import { FileBytes } from './wasi/file-bytes.js';
import { nowNs } from './wasi/inodes.js';

/** The length after which a line without an end is sent, in UTF-16 units. */
const LINE_LENGTH_MAX = 16_384;
/** The length of the end of the output that is kept for error messages, in UTF-16 units. */
const TAIL_LENGTH_MAX = 500;

/** Behaves as a pipe: it is not a terminal and cannot seek. */
abstract class OutStream extends Descriptor {
  readonly filetype = FILETYPE.UNKNOWN;
  override rights: bigint = RIGHTS.FD_WRITE;

  override stat(): Stat {
    const now = nowNs();
    return { ino: 0n, filetype: this.filetype, links: 1, size: 0, atim: now, mtim: now, ctim: now };
  }
}

/** Captures what is written. */
export class CapturedOutput extends OutStream {
  readonly #bytes = new FileBytes();

  /** A copy of the captured bytes. */
  get bytes(): Uint8Array {
    return this.#bytes.all();
  }

  /** The last `length` bytes at most, as text. */
  tail(length: number): string {
    const { size } = this.#bytes;
    const bytes = new Uint8Array(Math.min(length, size));
    this.#bytes.read(size - bytes.length, bytes);
    return new TextDecoder().decode(bytes);
  }

  /** @throws RESULT_TOO_LARGE */
  override write(data: Uint8Array): void {
    checkResultSize(this.#bytes.size + data.length, 'wrote');
    this.#bytes.write(this.#bytes.size, data);
  }
}

/** @throws RESULT_TOO_LARGE where a result has more bytes than a value may have */
export function checkResultSize(bytes: number, verb: 'wrote' | 'returned'): void {
  if (bytes <= VALUE_BYTES_MAX) return;
  const text = `The work function ${verb} more than ${VALUE_BYTES_MAX} bytes as its result; return less`;
  throw new ManyhandsError('RESULT_TOO_LARGE', text, { limit: 'VALUE_BYTES_MAX' });
}

/** Passes what is written to a function, line by line. */
export class LineOutput extends OutStream {
  readonly #send: (line: string) => void;
  #decoder = new TextDecoder();
  #openLine = '';
  #tail = '';

  constructor(send: (line: string) => void) {
    super();
    this.#send = send;
  }

  /** The end of the output. */
  get tail(): string {
    return (this.#tail + this.#openLine).trim().slice(-TAIL_LENGTH_MAX);
  }

  /** Sends a line without an end, too. */
  end(): void {
    const rest = this.#openLine + this.#decoder.decode();
    this.#decoder = new TextDecoder();
    this.#openLine = '';
    if (rest !== '') this.#line(rest);
  }

  /** Clears `tail` for another slice. */
  clear(): void {
    this.#tail = '';
  }

  override write(data: Uint8Array): void {
    const lines = (this.#openLine + this.#decoder.decode(data, { stream: true })).split('\n');
    this.#openLine = lines.pop()!;
    for (const line of lines) this.#line(line.replace(/\r$/, ''));
    if (this.#openLine.length <= LINE_LENGTH_MAX) return;
    const long = this.#openLine;
    this.#openLine = '';
    this.#line(long);
  }

  #line(line: string): void {
    this.#tail = `${this.#tail}${line}\n`.slice(-2 * TAIL_LENGTH_MAX);
    this.#send(line);
  }
}

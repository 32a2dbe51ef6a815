/**
 * Where a module of WASI writes to: what is kept as its result, and lines that go to the console.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { VALUE_BYTES_MAX } from '../../protocol/limits.js';
import { FILETYPE, RIGHTS } from './wasi/constants.js';
import { Descriptor, type Stat } from './wasi/descriptors.js';
import { FileBytes } from './wasi/file-bytes.js';
import { nowNs } from './wasi/inodes.js';

/** Text of a line that no end comes of, in UTF-16 units. */
const LINE_LENGTH_MAX = 16_384;
/** The last of what was said, kept for an error's message, in UTF-16 units. */
const TAIL_LENGTH_MAX = 500;

/** As a pipe is: no terminal, and no place to go to in it. */
abstract class OutStream extends Descriptor {
  readonly filetype = FILETYPE.UNKNOWN;
  override rights: bigint = RIGHTS.FD_WRITE;

  override stat(): Stat {
    const now = nowNs();
    return { ino: 0n, filetype: this.filetype, links: 1, size: 0, atim: now, mtim: now, ctim: now };
  }
}

/** Keeps what is written. */
export class KeptOutput extends OutStream {
  readonly #bytes = new FileBytes();

  /** A copy of all of it. */
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

  /** Throws RESULT_TOO_LARGE. */
  override write(data: Uint8Array): void {
    checkResultSize(this.#bytes.size + data.length, 'wrote');
    this.#bytes.write(this.#bytes.size, data);
  }
}

/** Throws RESULT_TOO_LARGE where a result has more bytes than a value may have. */
export function checkResultSize(bytes: number, verb: 'wrote' | 'gave'): void {
  if (bytes <= VALUE_BYTES_MAX) return;
  const text = `The work function ${verb} more than ${VALUE_BYTES_MAX} bytes as its result; return less`;
  throw new ManyhandsError('RESULT_TOO_LARGE', text, { limit: 'VALUE_BYTES_MAX' });
}

/** Says what is written, line by line. */
export class LineOutput extends OutStream {
  readonly #say: (line: string) => void;
  #decoder = new TextDecoder();
  #held = '';
  #tail = '';

  constructor(say: (line: string) => void) {
    super();
    this.#say = say;
  }

  /** The last of all that was said. */
  get tail(): string {
    return (this.#tail + this.#held).trim().slice(-TAIL_LENGTH_MAX);
  }

  /** Says what has no end of a line, too. */
  end(): void {
    const rest = this.#held + this.#decoder.decode();
    this.#decoder = new TextDecoder();
    this.#held = '';
    if (rest !== '') this.#line(rest);
  }

  /** Forgets what was said: another slice begins. */
  clear(): void {
    this.#tail = '';
  }

  override write(data: Uint8Array): void {
    const lines = (this.#held + this.#decoder.decode(data, { stream: true })).split('\n');
    this.#held = lines.pop()!;
    for (const line of lines) this.#line(line.replace(/\r$/, ''));
    if (this.#held.length <= LINE_LENGTH_MAX) return;
    const long = this.#held;
    this.#held = '';
    this.#line(long);
  }

  #line(line: string): void {
    this.#tail = `${this.#tail}${line}\n`.slice(-2 * TAIL_LENGTH_MAX);
    this.#say(line);
  }
}

/**
 * Where a module of WASI writes to: what is kept as its result, and lines that go to the console.
 * @module
 */
import { Fd, wasi as defs } from '@bjorn3/browser_wasi_shim';
import { ManyhandsError } from '../../lib/errors.js';
import { VALUE_BYTES_MAX } from '../../protocol/limits.js';

/** Text of a line that no end comes of, in UTF-16 units. */
const LINE_LENGTH_MAX = 16_384;
/** The last of what was said, kept for an error's message, in UTF-16 units. */
const TAIL_LENGTH_MAX = 500;

abstract class OutStream extends Fd {
  override fd_fdstat_get(): { ret: number; fdstat: defs.Fdstat | null } {
    const fdstat = new defs.Fdstat(defs.FILETYPE_CHARACTER_DEVICE, 0);
    fdstat.fs_rights_base = BigInt(defs.RIGHTS_FD_WRITE);
    return { ret: defs.ERRNO_SUCCESS, fdstat };
  }

  override fd_fdstat_set_flags(): number {
    return defs.ERRNO_SUCCESS;
  }

  override fd_filestat_get(): { ret: number; filestat: defs.Filestat | null } {
    return { ret: defs.ERRNO_SUCCESS, filestat: new defs.Filestat(0n, defs.FILETYPE_CHARACTER_DEVICE, 0n) };
  }

  override fd_write(data: Uint8Array): { ret: number; nwritten: number } {
    this.take(data);
    return { ret: defs.ERRNO_SUCCESS, nwritten: data.byteLength };
  }

  protected abstract take(data: Uint8Array): void;
}

/** Keeps what is written. */
export class KeptOutput extends OutStream {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  get bytes(): Uint8Array {
    const [only] = this.#pieces;
    if (only !== undefined && this.#pieces.length === 1) return only;
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  /** Throws RESULT_TOO_LARGE. */
  protected override take(data: Uint8Array): void {
    this.#length += data.length;
    if (this.#length > VALUE_BYTES_MAX) {
      const text = `The work function wrote more than ${VALUE_BYTES_MAX} bytes to its output; write less`;
      throw new ManyhandsError('RESULT_TOO_LARGE', text, { limit: 'VALUE_BYTES_MAX' });
    }
    this.#pieces.push(data);
  }
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

  protected override take(data: Uint8Array): void {
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

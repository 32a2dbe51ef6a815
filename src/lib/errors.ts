/**
 * Coded errors: every code, whose fault it is, whether a retry can succeed, and its fields. Use `isError(e, code)` to
 * distinguish errors, never `instanceof` or the text of a message.
 * @module
 */

/** Who has to act to resolve the error. */
export type Fault = 'caller' | 'job' | 'worker' | 'platform';

interface ErrorRow {
  readonly fault: Fault;
  readonly retryable: boolean;
}

const row = (fault: Fault, retryable = false): ErrorRow => ({ fault, retryable });

/**
 * Every code that manyhands throws or sends. A test keeps `docs/errors.md` equal to this table; the build writes it to
 * `dist/protocol/error-codes.json` for clients in other languages.
 */
export const ERROR_TABLE = {
  // Arguments and options
  INVALID_ARGUMENT: row('caller'),
  UNKNOWN_OPTION: row('caller'),
  UNSUPPORTED_ENVIRONMENT: row('caller'),
  VALUE_NOT_CLONEABLE: row('caller'),
  VALUE_TOO_LARGE: row('caller'),
  VALUE_MALFORMED: row('platform'),
  WORK_FUNCTION_INVALID: row('caller'),
  BUNDLER_MISSING: row('caller'),
  WORKTIME_UNKNOWN: row('caller'),
  MODULES_UNRESOLVED: row('caller'),
  INPUT_FAILED: row('caller'),
  // Jobs
  JOB_UNKNOWN: row('caller'),
  JOB_EXISTS: row('caller'),
  JOB_CLOSED: row('caller'),
  JOB_CANCELLED: row('caller'),
  JOB_STATE: row('caller'),
  NOT_OWNER: row('caller'),
  SLICES_FAILED: row('job'),
  RESULT_NOT_AVAILABLE: row('caller'),
  RESULTS_INCOMPLETE: row('platform'),
  CURSOR_UNKNOWN: row('platform'),
  // Outcomes of slices
  RESULT_NOT_CLONEABLE: row('job'),
  RESULT_TOO_LARGE: row('job'),
  ASSIGN_FAILED: row('job'),
  SLICE_TIMEOUT: row('job'),
  SLICE_CANCELLED: row('caller'),
  WORK_REJECTED: row('job'),
  NO_PROGRESS: row('job'),
  SANDBOX_CRASHED: row('job'),
  FETCH_FAILED: row('job'),
  ORIGIN_NOT_ALLOWED: row('caller'),
  LEASE_LOST: row('worker'),
  // Payment
  OFFER_MALFORMED: row('caller'),
  OFFER_SIGNATURE_INVALID: row('caller'),
  OFFER_MISMATCH: row('caller'),
  OFFER_REPLAYED: row('caller'),
  OFFER_EXPIRED: row('caller'),
  OFFER_UNDERFUNDED: row('caller'),
  OFFER_TOO_LOW: row('caller'),
  // Wallet
  KEYSTORE_MALFORMED: row('caller'),
  KEYSTORE_PASSPHRASE: row('caller'),
  KEYSTORE_LOCKED: row('caller'),
  KEYSTORE_UNKNOWN: row('caller'),
  KEYSTORE_EXISTS: row('caller'),
  KEYSTORE_UNSAFE: row('caller'),
  FOLDER_UNUSABLE: row('caller'),
  KEY_MALFORMED: row('caller'),
  ADDRESS_MALFORMED: row('caller'),
  // JobFS
  JOBFS_PATH: row('caller'),
  JOBFS_SOURCE: row('caller'),
  JOBFS_TOO_LARGE: row('caller'),
  JOBFS_MALFORMED: row('caller'),
  // Connections and messages
  CONNECT_FAILED: row('platform', true),
  CONNECTION_LOST: row('platform', true),
  CLOSED: row('caller'),
  TIMEOUT: row('platform', true),
  ABORTED: row('caller'),
  PROTOCOL_VERSION: row('caller'),
  MESSAGE_MALFORMED: row('caller'),
  MESSAGE_TOO_LARGE: row('caller'),
  MESSAGE_UNKNOWN: row('caller'),
  UNAUTHENTICATED: row('caller'),
  FORBIDDEN: row('caller'),
  WEB_ORIGIN_REFUSED: row('caller'),
  HOST_REFUSED: row('caller'),
  BANNED: row('caller'),
  BAN_UNKNOWN: row('caller'),
  EVICTED: row('worker', true),
  WORKER_UNKNOWN: row('caller'),
  DRAINING: row('platform', true),
  LIMIT_EXCEEDED: row('caller'),
  SEGMENT_MALFORMED: row('caller'),
  PACKAGE_MALFORMED: row('caller'),
  BLOB_UNKNOWN: row('caller'),
  BLOB_MISMATCH: row('caller'),
  // Workers and operators
  ISOLATION_UNAVAILABLE: row('worker'),
  ADDRESS_IN_USE: row('caller'),
  TLS_UNUSABLE: row('caller'),
  DATA_DIR_LOCKED: row('caller'),
  STORE_UNUSABLE: row('platform'),
  STORE_BUSY: row('platform', true),
  STORE_FULL: row('platform', true),
  STORE_FAILED: row('platform', true),
  SHUTTING_DOWN: row('platform', true),
  INTERNAL: row('platform', true),
  UNKNOWN_REMOTE: row('platform'),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERROR_TABLE;

/** The fields of codes with typed fields; the `info` of others is any plain record. */
export interface ErrorInfoByCode {
  VALUE_NOT_CLONEABLE: { path: string; type: string };
  WORKTIME_UNKNOWN: { name: string; range: string; available: string[] };
  /** `results`: every result at its index (slice number minus one); failed slices are holes. */
  SLICES_FAILED: { jobId: string; failed: number; failures: SliceFailure[]; results: unknown[] };
  /** `results`: those that the handle had received; absent if the scheduler refused a call for that reason. */
  JOB_CANCELLED: { jobId: string; reason: string; results?: unknown[] };
  PROTOCOL_VERSION: { ours: number; theirs: number };
  LIMIT_EXCEEDED: { limit: string; max: number; actual: number };
}

/** A slice that failed and is not executed again. */
export interface SliceFailure {
  /** From 1. */
  sliceNumber: number;
  error: Error;
}

export type ErrorInfo<C extends ErrorCode> = C extends keyof ErrorInfoByCode
  ? ErrorInfoByCode[C]
  : Record<string, unknown>;

/** An error as it is sent in messages. */
export interface WireError {
  /** Stable: decide by it (docs/errors.md). */
  code: string;
  /** For people. */
  message: string;
  /** The fields of that code. */
  info?: Record<string, unknown>;
}

/** An error with a stable `code`; see `ERROR_TABLE`. */
export class ManyhandsError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'ManyhandsError';
  readonly code: C;
  readonly info: ErrorInfo<C>;

  constructor(code: C, message: string, info?: ErrorInfo<C>, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.info = (info ?? {}) as ErrorInfo<C>;
  }

  /** Whether the same call may succeed if it is made again. */
  get retryable(): boolean {
    return ERROR_TABLE[this.code].retryable;
  }

  get fault(): Fault {
    return ERROR_TABLE[this.code].fault;
  }
}

/** Whether `e` is a manyhands error (with that code, where given), also one of another realm or another copy of this package. */
export function isError<C extends ErrorCode>(e: unknown, code: C): e is ManyhandsError<C>;
export function isError(e: unknown): e is ManyhandsError;
export function isError(e: unknown, code?: ErrorCode): boolean {
  if (!(e instanceof Object) || (e as Error).name !== 'ManyhandsError') return false;
  const found = (e as ManyhandsError).code;
  return code === undefined ? Object.hasOwn(ERROR_TABLE, found) : found === code;
}

/** Anything thrown as a coded error: `INTERNAL` where it has no code. */
export function toCodedError(e: unknown): ManyhandsError {
  return isError(e) ? e : new ManyhandsError('INTERNAL', `Unexpected: ${String(e)}`, {}, { cause: e });
}

/** The form in which anything thrown is sent. Of an unexpected error the message is sent, not the stack. */
export function toWireError(e: unknown): WireError {
  if (isError(e)) return { code: e.code, message: e.message, info: e.info };
  return { code: 'INTERNAL', message: e instanceof Error ? e.message : String(e) };
}

/** The error that a peer sent. An unknown code becomes `UNKNOWN_REMOTE`. */
export function fromWireError(wire: WireError): ManyhandsError {
  if (Object.hasOwn(ERROR_TABLE, wire.code)) {
    return new ManyhandsError(wire.code as ErrorCode, wire.message, wire.info ?? {});
  }
  return new ManyhandsError('UNKNOWN_REMOTE', `${wire.code}: ${wire.message}`, {
    code: wire.code,
    ...wire.info,
  });
}

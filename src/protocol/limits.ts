/**
 * A limit on everything that a peer controls, each with its unit, each enforced where it enters.
 * Relations between them are asserted in limits.test.ts.
 * @module
 */
const KiB = 1024;
const MiB = 1024 * KiB;

// The socket
export {
  MESSAGE_BYTES_MAX,
  HANDSHAKE_MS_MAX,
  IDLE_MS_MAX,
  SOCKET_BUFFER_BYTES_MAX,
  SOCKET_BUFFER_BYTES_LOW,
  REQUESTS_IN_FLIGHT_MAX,
  CONNECTIONS_MAX,
} from '../lib/socket-limits.js';
/** Sockets of one scheduler node, whatever is spoken over them; its open files must go beyond. */
export const SOCKETS_MAX = 12_000;
/** From connecting, or from the answer before, until all headers of a request are there; and until all of it is. */
export const HTTP_HEADERS_MS_MAX = 10_000;
export const HTTP_REQUEST_MS_MAX = 300_000;
/** A request or an answer of HTTP that stands still for so long is given up. */
export const HTTP_IDLE_MS_MAX = 60_000;
/** How long a socket of HTTP is kept for a further request. */
export const HTTP_KEEP_ALIVE_MS = 5_000;
/** Bytes of one connection's requests that wait for their answer, past which it is not read; one request may pass it. */
export const REQUEST_BYTES_IN_FLIGHT_MAX = 8 * MiB;
/** Nesting inside a control message. */
export const MESSAGE_DEPTH_MAX = 32;
/** Values of any kind inside one control message, keys included. */
export const MESSAGE_NODES_MAX = 262_144;
/** Texts that name something: software, worktimes, groups, error codes; in UTF-16 units. */
export const NAME_LENGTH_MAX = 128;
/** Worktimes that one peer announces. */
export const WORKTIMES_MAX = 64;
/** Owners, or jobs, that one worker limits itself to, or takes none of. */
export const WORKER_FILTER_MAX = 1_024;
/** `worker.update` messages of one worker in a second. */
export const WORKER_UPDATES_PER_SECOND_MAX = 50;
/** Leases in one `lease.renew`. */
export const RENEW_LEASES_MAX = 1_024;
/** An amount of credits in units: what a signed 64-bit integer holds. */
export const UNITS_MAX = 2n ** 63n - 1n;
/** Why something was cancelled, returned or paused; in UTF-16 units. */
export const REASON_LENGTH_MAX = 1_024;
/** Numbers in one slice of a range that is grouped. */
export const RANGE_GROUP_MAX = 1_048_576;

/** Wrong proofs of identity over one connection, past which none is checked any more: each costs milliseconds. */
export const FAILED_PROOFS_PER_CONNECTION_MAX = 5;

// Values, segments, blobs
/** One segment of inputs or outcomes on the socket. */
export const SEGMENT_BYTES_MAX = 1 * MiB;
/** Slices in one segment. */
export const SEGMENT_SLICES_MAX = 65_536;
/** One encoded value; past `SEGMENT_BYTES_MAX` it travels as a blob. */
export const VALUE_BYTES_MAX = 64 * MiB;
/** Nesting inside a value. */
export const VALUE_DEPTH_MAX = 1_000;
/** Objects in one value, and entries of one object, map or set: an object costs far more memory than its one byte. */
export const VALUE_OBJECTS_MAX = 4 * 1024 * 1024;
/** Length of an array, holes included. */
export const ARRAY_LENGTH_MAX = 64 * 1024 * 1024;
/** Source of one regular expression, in UTF-16 units. */
export const REGEXP_LENGTH_MAX = 65_536;
/**
 * Regular expressions with the flag `u` or `v` in one value, their sources together, in UTF-16 units: engines build
 * Unicode sets when they are read, up to 0.1 ms a unit.
 */
export const REGEXP_UNICODE_LENGTH_MAX = 4_096;
/** One encoded error of a work function; past it, its cause and info are left out. */
export const ERROR_BYTES_MAX = 256 * KiB;
/** One content-addressed blob. */
export const BLOB_BYTES_MAX = 64 * MiB;
/** A runtime's memory, with its empty pages left out. */
export const SNAPSHOT_BYTES_MAX = 64 * MiB;
/** All blobs of one node. */
export const BLOB_STORE_BYTES_MAX = 64 * 1024 * MiB;
/** How long a ticket to put a blob is good for. */
export const BLOB_TICKET_MS_MAX = 10 * 60_000;

// Jobs
/** One encoded job package. */
export const PACKAGE_BYTES_MAX = 1 * MiB;
/** Jobs in one answer of `job.list`. */
export const JOB_LIST_MAX = 100;
/** Source text of one work function. */
export const SOURCE_BYTES_MAX = 512 * KiB;
/** A work function that is bytes (a WebAssembly module): what Go links is megabytes, what more takes is too long to load. */
export const BINARY_SOURCE_BYTES_MAX = 32 * MiB;
/** The largest exit code of a command that a job may name as a success, as systems have them. */
export const EXIT_CODE_MAX = 255;
/** The module of one custom worktime. */
export const CUSTOM_WORKTIME_BYTES_MAX = 8 * MiB;
/** Slices of one job: every slice number is exact as a double. */
export const JOB_SLICES_MAX = 2 ** 53 - 1;
/** Name, description and link of a job, each in UTF-16 units. */
export const PUBLIC_TEXT_LENGTH_MAX = 1_024;
/** Compute groups of one job or worker. */
export const GROUPS_MAX = 16;
/** Groups with a secret that a donor joins, by hand or through a site: there is room for the public one beside them. */
export const JOINED_GROUPS_MAX = GROUPS_MAX - 1;
/** Proofs of compute groups' secrets over one connection, right or wrong. */
export const GROUP_PROOFS_PER_CONNECTION_MAX = 256;
/** Executions of one slice that must agree. */
export const VOTES_MAX = 16;
/** Origins that the input of one job may come from. */
export const JOB_ORIGINS_MAX = 32;
/** Origins that one worker allows input to come from. */
export const WORKER_ORIGINS_MAX = 256;
/** One origin, in UTF-16 units: a host name has at most 253. */
export const ORIGIN_LENGTH_MAX = 300;
/** One address of an input. */
export const REMOTE_URL_BYTES_MAX = 8 * KiB;
/** What is found at one address, as it is read there. */
export const REMOTE_BYTES_MAX = 32 * MiB;
/** And where that is JSON: its objects take many times its bytes, outside of any sandbox. */
export const REMOTE_JSON_BYTES_MAX = 8 * MiB;
/** And so many values in it: reading them holds the donor's page up, up to 0.5 µs each in a browser. */
export const REMOTE_JSON_VALUES_MAX = 200_000;
/** Fetches of one worker from one origin a second, and at once after a pause. */
export const ORIGIN_FETCHES_PER_SECOND_MAX = 10;
export const ORIGIN_FETCHES_BURST_MAX = 20;
/** A site that asks to be left alone (`Retry-After`) is, for at most so long. */
export const ORIGIN_CLOSED_MS_MAX = 10 * 60_000;
/**
 * A site, or one address, that has asked for nothing else during so long, and so often at least, each time after it was
 * left alone, counts as one that gives nothing.
 */
export const SITE_REFUSED_MS_MAX = 10 * 60_000;
export const SITE_REFUSALS_MIN = 5;
/** Requirements of one job on its workers. */
export const REQUIREMENTS_MAX = 64;
/** Environment variables of one job. */
export const ENV_COUNT_MAX = 256;
/** Jobs of one owner that are not finished. */
export const OPEN_JOBS_PER_OWNER_MAX = 10_000;
/** Executions of one slice by independent workers that may be lost before it fails for good. */
export const ATTEMPTS_MAX = 3;
/**
 * Executions of one slice by independent workers whose work function threw before it fails for good: one to see, one to
 * confirm.
 */
export const WORK_ERRORS_MAX = 2;
/** Executions of one slice that may fail, whoever runs them, before it fails for good. */
export const ATTEMPTS_OF_SLICE_MAX = 8;
/** A slice or job that failed on a worker is kept for better ones for so long since then, whoever they are. */
export const HELD_BACK_MS_MAX = 60_000;
/** A worker at work is waited for while its lease has progressed in so long, or in some slices' time. */
export const BUSY_WAIT_MS = 15_000;
/** A job of which one worker alone had results is given up as one that cannot be loaded after so long without any. */
export const UNLOADABLE_SILENT_MS = 120_000;
/** Slices of one job that may fail for good before any has a result; then the job is stopped. */
export const FIRST_FAILURES_MAX = 20;
/** Time for one slice unless its job says less. */
export const SLICE_MS_MAX = 24 * 3_600_000;
/** Time of one slice without a sign of progress unless its job says otherwise. */
export const NO_PROGRESS_MS_DEFAULT = 300_000;

// Leases
/** A lease that is not renewed for so long is lost: longer than two of the minutes at which hidden tabs run timers. */
export const LEASE_MS = 150_000;
/**
 * A lease without progress is lost after so long, however often it is renewed: one slice at work, and one more of the
 * lease before it in the same sandbox.
 */
export const LEASE_SILENT_MS_MAX = 2 * SLICE_MS_MAX + LEASE_MS;
/** And where the job's slices are known to be shorter, after so many of them, but not before so long. */
export const LEASE_SILENT_SLICES = 1_000;
export const LEASE_SILENT_MS_MIN = 15 * 60_000;
/** A lease of several slices whose worker gives none of them back, though others wait, is taken back after so long. */
export const RECALL_IGNORED_MS = 60_000;
/** How long a lease outlives its worker's socket, so that the worker may come back. */
export const LEASE_GRACE_MS = 5_000;
/** How long leases live on after a restart of the scheduler, so that their workers find it again. */
export const RESTART_GRACE_MS = 15_000;
/** Runs of a scheduler's store are told apart by a number up to here, drawn at each start. */
export const EPOCH_MAX = 2 ** 20 - 1;
/** How long a command waits for a store that takes nothing before it is refused: well within what a client waits. */
export const STORE_WAIT_MS_MAX = 20_000;
/** How long the answer to a report is remembered, for a worker to whom it was lost. */
export const ANSWER_MS_MAX = 10 * 60_000;
/** Answers to reports that one store remembers, the latest ones. */
export const ANSWERS_MAX = 65_536;
/** What a lease aims to last. */
export const LEASE_TARGET_MS = 2_000;
/** Slices in one lease. */
export const LEASE_SLICES_MAX = 65_536;
/** Input bytes that travel with one lease, unless it is one slice. */
export const LEASE_INPUT_BYTES_MAX = 1 * MiB;
/** Leases of one worker at a time: two a sandbox, one at work and one to come. */
export const LEASES_PER_WORKER_MAX = 256;
/** Jobs that a want may name as warm beside its sandbox's own, and worktimes that stand ready. */
export const WARM_JOBS_MAX = 16;
export const WARM_WORKTIMES_MAX = 8;
/** Sandboxes of one worker. */
export const SANDBOXES_PER_WORKER_MAX = 128;

// Followers
/** Bytes of journal on their way to one follower without its acknowledgement. */
export const FOLLOW_WINDOW_BYTES_MAX = 8 * MiB;
/** What a journal row takes of that window beside its segments: no row is free. */
export const FOLLOW_ROW_BYTES = 512;
/** Slices in one answer of `job.results`. */
export const RESULTS_BYTES_MAX = 1 * MiB;

// What a slice may say
/** Console bytes of one slice; what is past it is dropped, with a word. */
export const CONSOLE_BYTES_PER_SLICE_MAX = 64 * KiB;
/** Console messages that one worker may send a second. */
export const CONSOLE_MESSAGES_PER_SECOND_MAX = 100;
/** Progress reports of one sandbox: one each so many milliseconds. */
export const PROGRESS_INTERVAL_MS = 100;
/** An error's message and stack, each in UTF-16 units. */
export const ERROR_TEXT_LENGTH_MAX = 16_384;

// What a sandbox may hold
/** What one WebAssembly memory may grow to, in every kind of sandbox. */
export const SANDBOX_WASM_MEMORY_BYTES_MAX = 2 * 1024 * MiB;
/** Outcome bytes that a sandbox may post for one batch; an honest one stays far below, or has one slice. */
export const SANDBOX_OUTPUT_BYTES_PER_BATCH_MAX = 128 * MiB;
/** Messages that a sandbox may post a second, of any kind, and at once. */
export const SANDBOX_MESSAGES_PER_SECOND_MAX = 2_000;
export const SANDBOX_MESSAGES_BURST_MAX = 10_000;

/** Origins that serve sandbox frames for one scheduler's donors. */
export const SANDBOX_ORIGINS_MAX = 64;
/** Workers in one answer to an operator, and bans that a scheduler keeps. */
export const WORKER_LIST_MAX = 500;
export const BANS_MAX = 10_000;
/** The longest time that a draining scheduler waits for leases, milliseconds; and the one where none is said. */
export const DRAIN_MS_MAX = 86_400_000;
export const DRAIN_MS_DEFAULT = 300_000;

/** Origins of other sites that an operator lets in, and addresses by which a scheduler is known. */
export const WEB_ORIGINS_MAX = 256;

// JobFS
export const JOBFS_FILES_MAX = 10_000;
export const JOBFS_BYTES_MAX = 256 * MiB;
/** One path, in UTF-8 bytes. */
export const JOBFS_PATH_BYTES_MAX = 1_024;

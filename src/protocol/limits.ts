/**
 * Limits on everything that a peer controls. Each has its unit in its name (`BYTES`, `MS` for milliseconds, `LENGTH` for
 * UTF-16 units; a count otherwise) and is enforced where data enters. `limits.test.ts` asserts how they relate to each
 * other; the build writes them to `dist/protocol/limits.json` for clients in other languages.
 * @module
 */
const KiB = 1024;
const MiB = 1024 * KiB;

// Sockets and messages
export {
  MESSAGE_BYTES_MAX,
  HANDSHAKE_MS_MAX,
  IDLE_MS_MAX,
  SOCKET_BUFFER_BYTES_MAX,
  SOCKET_BUFFER_BYTES_LOW,
  REQUESTS_IN_FLIGHT_MAX,
  CONNECTIONS_MAX,
} from '../lib/socket-limits.js';
/** Sockets of one scheduler node, HTTP and WebSocket together. The process must be allowed more open files than this. */
export const SOCKETS_MAX = 12_000;
/** From the connection, or the response before, until all headers of an HTTP request have arrived. */
export const HTTP_HEADERS_MS_MAX = 10_000;
/** From the same moment until the whole HTTP request has arrived. */
export const HTTP_REQUEST_MS_MAX = 300_000;
/** An HTTP request or response of which no byte moves for so long is ended. */
export const HTTP_IDLE_MS_MAX = 60_000;
/** How long an HTTP socket is kept open for a further request. */
export const HTTP_KEEP_ALIVE_MS = 5_000;
/** Bytes of one connection's requests without a reply; past it the connection is not read. One request may exceed it. */
export const REQUEST_BYTES_IN_FLIGHT_MAX = 8 * MiB;
/** Nesting inside a message. */
export const MESSAGE_DEPTH_MAX = 32;
/** Values of any kind inside one message, keys included. */
export const MESSAGE_NODES_MAX = 262_144;
/** Constants that a job captures, and their encoding. They are in the package; larger data are arguments or files. */
export const CAPTURED_COUNT_MAX = 256;
export const CAPTURED_BYTES_MAX = 64 * KiB;
/** Names of software, worktimes, groups and error codes. */
export const NAME_LENGTH_MAX = 128;
/** Worktimes in a worker's description or in a welcome. */
export const WORKTIMES_MAX = 64;
/** Entries in each of a worker's lists of owners or jobs that it accepts or blocks. */
export const WORKER_FILTER_MAX = 1_024;
/** `worker.update` messages of one worker in a second. */
export const WORKER_UPDATES_PER_SECOND_MAX = 50;
/** Leases in one `lease.renew`. */
export const RENEW_LEASES_MAX = 1_024;
/** An amount of credits in units: the largest signed 64-bit integer. */
export { UNITS_MAX } from '../lib/units.js';
/** The reason for which something was cancelled, released or paused, in UTF-16 units. */
export const REASON_LENGTH_MAX = 1_024;
/** Numbers in one slice of a grouped range. */
export const RANGE_GROUP_MAX = 1_048_576;
/** Ranges of one multi-range. */
export const MULTI_RANGES_MAX = 16;
/** Ranges of one sparse range: its description is part of each lease that begins in it. */
export const SPARSE_RANGES_MAX = 256;
/** Ranges of one sparse range as a deployer gives it: more than `SPARSE_RANGES_MAX` are sent as several inputs. */
export const SPARSE_RANGES_TOTAL_MAX = 65_536;
/** Parameters of one distribution. */
export const DISTRIBUTION_PARAMS_MAX = 4;
/** Wrong identity proofs over one connection, after which none is verified any more: each verification costs milliseconds. */
export const FAILED_PROOFS_PER_CONNECTION_MAX = 5;

// Values, segments, blobs
/** One segment of inputs or outcomes in a message. */
export const SEGMENT_BYTES_MAX = 1 * MiB;
/** Envelopes in one segment. */
export const SEGMENT_SLICES_MAX = 65_536;
/** One encoded value; one larger than `SEGMENT_BYTES_MAX` is sent as a blob. */
export const VALUE_BYTES_MAX = 64 * MiB;
/** Nesting inside a value. */
export const VALUE_DEPTH_MAX = 1_000;
/** Objects in one value, and entries of one object, map or set: an object needs far more memory than its one encoded byte. */
export const VALUE_OBJECTS_MAX = 4 * 1024 * 1024;
/** Length of an array, holes included. */
export const ARRAY_LENGTH_MAX = 64 * 1024 * 1024;
/** Source of one regular expression. */
export const REGEXP_LENGTH_MAX = 65_536;
/**
 * Sources of all regular expressions with the flag `u` or `v` in one value: engines build Unicode sets when they compile
 * them, which takes up to 0.1 ms for each UTF-16 unit.
 */
export const REGEXP_UNICODE_LENGTH_MAX = 4_096;
/** One encoded error of a work function; of a larger one, cause, info and code are left out. */
export const ERROR_BYTES_MAX = 256 * KiB;
/** One content-addressed blob. */
export const BLOB_BYTES_MAX = 64 * MiB;
/** The memory snapshot of a runtime, without its empty pages. */
export const SNAPSHOT_BYTES_MAX = 64 * MiB;
/** All blobs of one scheduler node. */
export const BLOB_STORE_BYTES_MAX = 64 * 1024 * MiB;
/** How long a ticket to upload a blob is valid. */
export const BLOB_TICKET_MS_MAX = 10 * 60_000;

// Jobs
/** One encoded job package. */
export const PACKAGE_BYTES_MAX = 1 * MiB;
/** Jobs in one reply to `job.list`. */
export const JOB_LIST_MAX = 100;
/** Source text of one work function. */
export const SOURCE_BYTES_MAX = 512 * KiB;
/** A work function's module with all that it imports, and the libraries of a work function: each is one blob of text. */
export const MODULE_BYTES_MAX = 16 * MiB;
/** Names of libraries that the work function of one job may require. */
export const LIBRARIES_MAX = 64;
/** The source map of one work function's module. */
export const SOURCE_MAP_BYTES_MAX = 32 * MiB;
/** A work function that is a WebAssembly module: Go links megabytes; a larger one takes too long to load. */
export const BINARY_SOURCE_BYTES_MAX = 32 * MiB;
/** The largest exit code that a job may list as a success: operating systems have 0 to 255. */
export const EXIT_CODE_MAX = 255;
/** The module of one custom worktime. */
export const CUSTOM_WORKTIME_BYTES_MAX = 8 * MiB;
/** Files of packages that one job ships, such as Python wheels. */
export const MODULE_FILES_MAX = 128;
/** All of them together; each is a blob. */
export const MODULE_FILES_BYTES_MAX = 192 * MiB;
/** The name of one such file, and of a module to import. */
export const MODULE_NAME_LENGTH_MAX = 200;
/** Modules that are imported before a job's source is loaded. */
export const MODULE_IMPORTS_MAX = 64;
/** All files in one such package, unpacked: they need memory only when they are read. */
export const MODULE_UNPACKED_BYTES_MAX = 512 * MiB;
/** Slices of one job: every slice number is exact as a double. */
export const JOB_SLICES_MAX = 2 ** 53 - 1;
/** Name, description and link of a job, each. */
export const PUBLIC_TEXT_LENGTH_MAX = 1_024;
/** Compute groups of one job or worker. */
export const GROUPS_MAX = 16;
/** Groups with a secret that a worker joins; with the public group they are at most `GROUPS_MAX`. */
export const JOINED_GROUPS_MAX = GROUPS_MAX - 1;
/** Proofs of group secrets over one connection, valid or not. */
export const GROUP_PROOFS_PER_CONNECTION_MAX = 256;
/** Executions of one slice that must agree. */
export const VOTES_MAX = 16;
/** Requirements of one job on its workers. */
export const REQUIREMENTS_MAX = 64;
/** Environment variables of one job. */
export const ENV_COUNT_MAX = 256;
/** Tags of one job. */
export const TAGS_MAX = 16;
/** The encoded metadata of one job. */
export const METADATA_BYTES_MAX = 8 * KiB;
/** Requests to cancel or to retry slices of one job. */
export const SLICE_REQUESTS_PER_JOB_MAX = 10_000;
/** Ranges of slices, or stored segments of outcomes, that one such request changes. */
export const RANGES_PER_REQUEST_MAX = 1_024;
/** Slices that one request cancels. */
export const CANCELLED_SLICES_PER_REQUEST_MAX = 1_048_576;
/** Unfinished jobs of one owner. */
export const OPEN_JOBS_PER_OWNER_MAX = 10_000;

// Remote input
/** Origins from which the input of one job may be fetched. */
export const JOB_ORIGINS_MAX = 32;
/** Origins from which one worker allows input to be fetched. */
export const WORKER_ORIGINS_MAX = 256;
/** One origin: a host name has at most 253 characters. */
export const ORIGIN_LENGTH_MAX = 300;
/** One input's URL. */
export const REMOTE_URL_BYTES_MAX = 8 * KiB;
/** The body of one response. */
export const REMOTE_BYTES_MAX = 32 * MiB;
/** The body of one JSON response: its objects take many times its size, outside of any sandbox. */
export const REMOTE_JSON_BYTES_MAX = 8 * MiB;
/** Values in one JSON response: parsing blocks the worker's page, for up to 0.5 µs a value in a browser. */
export const REMOTE_JSON_VALUES_MAX = 200_000;
/** Fetches of one worker from one origin in a second. */
export const ORIGIN_FETCHES_PER_SECOND_MAX = 10;
/** Fetches of one worker from one origin at once, after a pause. */
export const ORIGIN_FETCHES_BURST_MAX = 20;
/** The longest `Retry-After` of a site that is respected. */
export const RETRY_AFTER_MS_MAX = 10 * 60_000;
/**
 * A site, or one URL, that has answered with nothing but `Retry-After` for at least so long and at least so often, with
 * every wait respected, counts as one that serves nothing.
 */
export const SITE_GIVE_UP_MS = 10 * 60_000;
export const SITE_GIVE_UP_REFUSALS = 5;

// Failures
/** Executions of one slice by independent workers that may be lost (crash, time-out) before it fails for good. */
export const LOST_ATTEMPTS_MAX = 3;
/** Executions of one slice by independent workers whose work function may throw before it fails for good. */
export const WORK_ERRORS_MAX = 2;
/** Failed executions of one slice, by whichever workers, after which it fails for good. */
export const SLICE_ATTEMPTS_MAX = 8;
/** For so long a slice or job that failed on one worker is kept for others, however few there are. */
export const HELD_BACK_MS_MAX = 60_000;
/** A lease that progressed within so long, or within the time of some of its slices, counts its worker as active. */
export const ACTIVE_WORKER_MS = 15_000;
/** A job that only one worker could load fails as unloadable after so long without a result. */
export const UNLOADABLE_NO_RESULT_MS = 120_000;
/** Slices of one job that may fail for good before any has a result; then the job is cancelled. */
export const FIRST_FAILURES_MAX = 20;
/** The longest time for one slice, and the one for jobs that set none. */
export const SLICE_TIMEOUT_MS_MAX = 24 * 3_600_000;
/** Time without progress after which a slice fails, for jobs that set none. */
export const NO_PROGRESS_MS_DEFAULT = 300_000;

// Leases
/** A lease without a report or renewal for so long expires. Hidden tabs run timers once a minute: it is more than two of these. */
export const LEASE_MS = 150_000;
/**
 * A lease without progress for so long expires even if it is renewed: one slice may be running, and one of the lease before
 * it in the same sandbox.
 */
export const LEASE_NO_PROGRESS_MS_MAX = 2 * SLICE_TIMEOUT_MS_MAX + LEASE_MS;
/** Where the job's slices are known to be shorter, it expires after the time of so many, but not before the next limit. */
export const LEASE_NO_PROGRESS_SLICES = 1_000;
export const LEASE_NO_PROGRESS_MS_MIN = 15 * 60_000;
/** A lease of several slices whose worker releases none though it was recalled is revoked after so long. */
export const RECALL_IGNORED_MS = 60_000;
/** How long leases are kept after their worker's socket closed, so that the worker can reconnect. */
export const LEASE_GRACE_MS = 5_000;
/** How long leases are kept after a restart of the scheduler, so that their workers can reconnect. */
export const RESTART_GRACE_MS = 15_000;
/** The largest epoch: a random number that each start of a scheduler draws, to distinguish runs of one store. */
export const EPOCH_MAX = 2 ** 20 - 1;
/** How long a command waits for a store that accepts no writes, before it is refused; shorter than a client's time-out. */
export const STORE_WAIT_MS_MAX = 20_000;
/** How long the reply to a report is kept, for a worker that did not receive it. */
export const REPORT_REPLY_KEPT_MS = 10 * 60_000;
/** Replies to reports that one store keeps; the oldest are deleted first. */
export const REPORT_REPLIES_KEPT_MAX = 65_536;
/** How long the slices of one lease should take together. */
export const LEASE_TARGET_MS = 2_000;
/** Slices in one lease. */
export const LEASE_SLICES_MAX = 65_536;
/** Input in one lease, unless it has a single slice. */
export const LEASE_INPUT_BYTES_MAX = 1 * MiB;
/** Leases of one worker: two for each sandbox, one running and the next. */
export const LEASES_PER_WORKER_MAX = 256;
/** Jobs in a request's `warmJobs`. */
export const WARM_JOBS_MAX = 16;
/** Worktimes in a request's `warmWorktimes`. */
export const WARM_WORKTIMES_MAX = 8;
/** Sandboxes of one worker. */
export const SANDBOXES_PER_WORKER_MAX = 128;

// Followers
/** Unacknowledged journal bytes to one follower. */
export const FOLLOW_WINDOW_BYTES_MAX = 8 * MiB;
/** What one journal row counts in that window beside its segments. */
export const FOLLOW_ROW_BYTES = 512;
/** Segments in one reply to `job.results`. */
export const RESULTS_BYTES_MAX = 1 * MiB;

// Console, progress and errors of slices
/** Console output of one slice; the rest is dropped, and a message says so. */
export const CONSOLE_BYTES_PER_SLICE_MAX = 64 * KiB;
/** Console messages of one worker in a second. */
export const CONSOLE_MESSAGES_PER_SECOND_MAX = 100;
/** Shortest time between two progress messages of one sandbox. */
export const PROGRESS_INTERVAL_MS = 100;
/** One encoded value that a slice emits as an event. */
export const EVENT_BYTES_MAX = 32 * KiB;
/** One encoded checkpoint of a slice. */
export const CHECKPOINT_BYTES_MAX = 256 * KiB;
/** Shortest time between two checkpoints of one sandbox: those in between are not saved. */
export const CHECKPOINT_INTERVAL_MS = 1_000;
/** Slices of one job that have a checkpoint at once. */
export const CHECKPOINTS_PER_JOB_MAX = 4_096;
/** Message and stack of an error, each in UTF-16 units. */
export const ERROR_TEXT_LENGTH_MAX = 16_384;

// Sandboxes
/** Size of one WebAssembly memory, in every kind of sandbox. */
export const SANDBOX_WASM_MEMORY_BYTES_MAX = 2 * 1024 * MiB;
/** Outcomes that a sandbox posts for one batch; a well-behaved one stays far below, or has a single slice. */
export const SANDBOX_OUTPUT_BYTES_PER_BATCH_MAX = 128 * MiB;
/** Messages of any kind that a sandbox posts in a second. */
export const SANDBOX_MESSAGES_PER_SECOND_MAX = 2_000;
/** Messages of any kind that a sandbox posts at once, after a pause. */
export const SANDBOX_MESSAGES_BURST_MAX = 10_000;
/** Origins that serve the sandbox frame of one scheduler. */
export const SANDBOX_ORIGINS_MAX = 64;

// Operators
/** Workers in one reply to `worker.list`. */
export const WORKER_LIST_MAX = 500;
/** Bans that a scheduler keeps. */
export const BANS_MAX = 10_000;
/** How long a draining scheduler waits for leases at most. */
export const DRAIN_MS_MAX = 86_400_000;
/** How long it waits where `limitMs` is absent. */
export const DRAIN_MS_DEFAULT = 300_000;
/** Web origins that an operator admits, and host names by which a scheduler is known. */
export const WEB_ORIGINS_MAX = 256;

// JobFS
export const JOBFS_FILES_MAX = 10_000;
export const JOBFS_BYTES_MAX = 256 * MiB;
/** One path, in UTF-8. */
export const JOBFS_PATH_BYTES_MAX = 1_024;

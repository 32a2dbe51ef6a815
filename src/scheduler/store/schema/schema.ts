/**
 * The tables. Slices are stored as disjoint ranges with a state, never as single rows; journal rows refer to their outcomes
 * by `seq`; units that are not computed with in SQL are decimal text.
 * @module
 */

/**
 * Raised with every change that an older or newer program would misread; a store of another version is refused. A new table
 * or index needs no new version: it is created when the store is opened.
 */
export const SCHEMA_VERSION = 5;

export const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE IF NOT EXISTS jobs (
  job_id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  digest TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  run_status TEXT NOT NULL,
  reason TEXT,
  is_open INTEGER NOT NULL,
  total INTEGER NOT NULL,
  pending INTEGER NOT NULL,
  leased INTEGER NOT NULL,
  accepted INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  leases INTEGER NOT NULL,
  served_ms INTEGER NOT NULL DEFAULT 0,
  turn_ms INTEGER NOT NULL DEFAULT 0,
  workers INTEGER NOT NULL,
  result_ms INTEGER NOT NULL DEFAULT 0,
  unloadable INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  worktime TEXT NOT NULL,
  worktime_range TEXT NOT NULL,
  groups_json TEXT NOT NULL,
  class_key TEXT NOT NULL DEFAULT '',
  origins_json TEXT NOT NULL DEFAULT '[]',
  account TEXT,
  price TEXT NOT NULL,
  ceiling TEXT NOT NULL,
  escrow TEXT NOT NULL,
  paid TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_with_work ON jobs (leases, created_ms, job_id) WHERE run_status = 'running' AND pending > 0;
CREATE INDEX IF NOT EXISTS jobs_with_work_of_owner ON jobs (owner) WHERE run_status = 'running' AND pending > 0;
CREATE INDEX IF NOT EXISTS jobs_of_owner_by_age ON jobs (owner, created_ms, job_id);
CREATE INDEX IF NOT EXISTS jobs_by_age ON jobs (created_ms, job_id);
CREATE INDEX IF NOT EXISTS live_jobs_of_owner ON jobs (owner) WHERE run_status IN ('running', 'paused');
CREATE INDEX IF NOT EXISTS live_jobs_of_account ON jobs (account) WHERE run_status IN ('running', 'paused');

CREATE TABLE IF NOT EXISTS job_profiles (
  job_id TEXT NOT NULL,
  worker_id TEXT NOT NULL,
  ms REAL NOT NULL,
  slices REAL NOT NULL,
  total INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (job_id, worker_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS failed_loads (
  job_id TEXT NOT NULL,
  worker_id TEXT NOT NULL,
  payee TEXT NOT NULL,
  isolation TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (job_id, worker_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS failed_loads_by_worker ON failed_loads (worker_id, at_ms);

CREATE TABLE IF NOT EXISTS packages (
  job_id TEXT PRIMARY KEY,
  bytes BLOB NOT NULL,
  offer BLOB
);

CREATE TABLE IF NOT EXISTS inputs (
  job_id TEXT NOT NULL,
  first INTEGER NOT NULL,
  count INTEGER NOT NULL,
  append_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  body BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS inputs_by_place ON inputs (job_id, first);
CREATE UNIQUE INDEX IF NOT EXISTS inputs_by_append ON inputs (job_id, append_id);

CREATE TABLE IF NOT EXISTS ranges (
  job_id TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  state TEXT NOT NULL,
  lost INTEGER NOT NULL,
  thrown INTEGER NOT NULL,
  failures TEXT NOT NULL DEFAULT '',
  lease_id TEXT,
  PRIMARY KEY (job_id, first)
);

CREATE TABLE IF NOT EXISTS leases (
  lease_id TEXT PRIMARY KEY,
  job_id TEXT NOT NULL,
  worker_id TEXT NOT NULL,
  payee TEXT NOT NULL,
  next INTEGER NOT NULL,
  last INTEGER NOT NULL,
  deadline_ms INTEGER NOT NULL,
  granted_ms INTEGER NOT NULL,
  progress_ms INTEGER NOT NULL,
  isolation TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS leases_by_deadline ON leases (deadline_ms);
CREATE INDEX IF NOT EXISTS leases_by_worker ON leases (worker_id);
CREATE INDEX IF NOT EXISTS leases_by_job ON leases (job_id, worker_id);

CREATE TABLE IF NOT EXISTS answers (
  answer INTEGER PRIMARY KEY,
  lease_id TEXT NOT NULL,
  first INTEGER NOT NULL,
  worker_id TEXT NOT NULL,
  count INTEGER NOT NULL,
  lost INTEGER NOT NULL,
  job_id TEXT NOT NULL,
  next INTEGER NOT NULL,
  slices_left INTEGER NOT NULL,
  paid INTEGER NOT NULL,
  at_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS answers_by_report ON answers (lease_id, first);
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (at_ms);

CREATE TABLE IF NOT EXISTS outputs (
  job_id TEXT NOT NULL,
  first INTEGER NOT NULL,
  count INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  segment BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS outputs_by_place ON outputs (job_id, first);
CREATE INDEX IF NOT EXISTS outputs_by_row ON outputs (job_id, seq, first);

CREATE TABLE IF NOT EXISTS journal (
  job_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  event TEXT NOT NULL,
  status TEXT NOT NULL,
  epoch INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (job_id, seq)
);

CREATE TABLE IF NOT EXISTS accounts (
  account TEXT PRIMARY KEY,
  balance INTEGER NOT NULL CHECK (balance >= 0 OR account = 'mint'),
  earned INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS transfers (
  transfer_id TEXT PRIMARY KEY,
  debit TEXT NOT NULL,
  credit TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  at_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS transfers_by_credit ON transfers (credit);

CREATE TABLE IF NOT EXISTS holds (
  job_id TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  banned TEXT NOT NULL,
  at_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS holds_by_ban ON holds (banned);

CREATE TABLE IF NOT EXISTS bans (
  subject TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  at_ms INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS offers (
  account TEXT NOT NULL,
  nonce TEXT NOT NULL,
  job_id TEXT NOT NULL,
  PRIMARY KEY (account, nonce)
);
`;

/** Indexes on columns that older stores have only after their migration. */
export const LATE_INDEXES = [
  'CREATE INDEX IF NOT EXISTS ranges_to_lease ON ranges (job_id, state, failures, first)',
  `CREATE INDEX IF NOT EXISTS jobs_with_work_by_class ON jobs (class_key, job_id) WHERE run_status = 'running' AND pending > 0`,
];

/**
 * The newest schema: all tables, and the statements that create them in a database's dialect.
 * @module
 */
import { ACCOUNTS, TRANSFERS, USED_OFFERS } from './account-tables.js';
import { textColumn, type Column } from './column.js';
import type { SchemaDialect } from './dialect.js';
import { FAILED_LOADS, JOBS, JOB_DETAILS, JOB_PROFILES, JOB_TAGS, PACKAGES } from './job-tables.js';
import { LEASES, REPORT_REPLIES } from './lease-tables.js';
import { BANS, HOLDS } from './operator-tables.js';
import { CHECKPOINTS, INPUTS, JOURNAL, OUTCOMES, RANGES, SLICE_REQUESTS } from './slice-tables.js';
import { columnOf, fieldsOf, table, type Index, type Table } from './table.js';

/**
 * Incremented with every change that an older or newer program would misread. A store of an earlier version is migrated when
 * it is opened, if there is a step for its version (`migrations/migrate.ts`); any other is refused. A new table or index needs
 * no new version: it is created when the store is opened.
 */
export const SCHEMA_VERSION = 7;

/** Facts about the whole store: its schema version, the scheduler's id. */
export const META = table(
  'meta',
  { key: textColumn('key'), value: textColumn('value') },
  { primaryKey: ['key'] },
);

export const TABLES: readonly Table[] = [
  META,
  ...[JOBS, JOB_PROFILES, FAILED_LOADS, PACKAGES, JOB_DETAILS, JOB_TAGS],
  ...[INPUTS, RANGES, LEASES, REPORT_REPLIES, OUTCOMES, JOURNAL, SLICE_REQUESTS, CHECKPOINTS],
  ...[ACCOUNTS, TRANSFERS, HOLDS, BANS, USED_OFFERS],
];

/** The statement that creates a table unless it exists. */
export function createTable(described: Table, dialect: SchemaDialect): string {
  const columns = fieldsOf(described).map((field) => columnDefinition(columnOf(described, field), dialect));
  const { primaryKey } = described;
  const key = primaryKey.length === 0 ? [] : [`PRIMARY KEY (${columnNames(described, primaryKey)})`];
  const suffix = described.isClustered ? dialect.clusteredTable : '';
  return `CREATE TABLE IF NOT EXISTS ${described.name} (${[...columns, ...key].join(', ')})${suffix}`;
}

/** The statement that creates an index unless it exists. */
export function createIndex(described: Table, { name, fields, isUnique, where }: Index): string {
  const kind = isUnique === true ? 'UNIQUE INDEX' : 'INDEX';
  const condition = where === undefined ? '' : ` WHERE ${where}`;
  return `CREATE ${kind} IF NOT EXISTS ${name} ON ${described.name} (${columnNames(described, fields)})${condition}`;
}

/** Name, type and constraints of a column, as in the statement that creates its table or adds it. */
export function columnDefinition(column: Column<unknown>, dialect: SchemaDialect): string {
  return [
    column.name,
    dialect.types[column.type],
    ...(column.isNullable ? [] : ['NOT NULL']),
    ...(column.default === undefined ? [] : [`DEFAULT ${column.default}`]),
    ...(column.check === undefined ? [] : [`CHECK (${column.check})`]),
  ].join(' ');
}

const columnNames = (described: Table, fields: readonly string[]): string =>
  fields.map((field) => columnOf(described, field).name).join(', ');

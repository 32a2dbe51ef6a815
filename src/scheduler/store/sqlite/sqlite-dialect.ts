/**
 * SQLite's types, and its queries about the schema.
 * @module
 */
import type { SchemaDialect } from '../schema/dialect.js';

export const SQLITE_DIALECT: SchemaDialect = {
  types: {
    text: 'TEXT',
    integer: 'INTEGER',
    units: 'INTEGER',
    real: 'REAL',
    bytes: 'BLOB',
    // A primary key of exactly this type is the number of the row, which SQLite assigns.
    serial: 'INTEGER',
  },
  clusteredTable: ' WITHOUT ROWID',
  hasColumn: (table, column) => `SELECT 1 AS one FROM pragma_table_info('${table}') WHERE name = '${column}'`,
};

/**
 * What differs between databases in the statements that create and migrate tables.
 * @module
 */
import type { ColumnType } from './column.js';

export interface SchemaDialect {
  /** The database's name of each type. */
  readonly types: Readonly<Record<ColumnType, string>>;
  /** What follows the columns of a table whose rows are stored in the order of its primary key; '' where that is not possible. */
  readonly clusteredTable: string;
  /** A query that has a row if the table has the column. */
  hasColumn(table: string, column: string): string;
}

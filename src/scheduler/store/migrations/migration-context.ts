/**
 * What a migration depends on.
 * @module
 */
import type { SchemaDialect } from '../schema/dialect.js';

export interface MigrationContext {
  /** Wall milliseconds. */
  readonly nowMs: number;
  /** The node that opens the store. */
  readonly nodeId: string;
  readonly dialect: SchemaDialect;
}

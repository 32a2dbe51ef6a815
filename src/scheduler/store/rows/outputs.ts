/**
 * The stored outcomes of slices.
 * @module
 */
import { OUTCOMES } from '../schema/slice-tables.js';
import { insertInto } from './table-plans.js';

export const insertOutput = insertInto(OUTCOMES);

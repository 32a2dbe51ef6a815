/**
 * Limits of a job's files. Rooms beside this one state some of them too; a test keeps them equal.
 * @module
 */
const MiB = 1024 * 1024;

/** Files and directories of one bundle. */
export const ENTRIES_MAX = 10_000;
/** All files of one bundle, unpacked. */
export const FILES_BYTES_MAX = 256 * MiB;
/** One bundle, packed: it travels as one blob. */
export const BUNDLE_BYTES_MAX = 64 * MiB;
/** One path, in UTF-8 bytes. */
export const PATH_BYTES_MAX = 1_024;
/** One part of a path, in UTF-8 bytes: the file systems of sandboxes cut longer ones. */
export const NAME_BYTES_MAX = 255;
/** What a bundle may inflate to: its files, and for each entry its headers and padding. */
export const INFLATED_BYTES_MAX = FILES_BYTES_MAX + ENTRIES_MAX * 4_096 + MiB;

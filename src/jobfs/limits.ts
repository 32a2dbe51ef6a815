/**
 * Limits of a job's files. Other folders define some of them too; a test checks that they are equal.
 * @module
 */
const MiB = 1024 * 1024;

/** Number of files and directories in one bundle. */
export const ENTRIES_MAX = 10_000;
/** Bytes of all files in one bundle, unpacked. */
export const FILES_BYTES_MAX = 256 * MiB;
/** Bytes of one packed bundle, which is transferred as one blob. */
export const BUNDLE_BYTES_MAX = 64 * MiB;
/** Length of a path, in UTF-8 bytes. */
export const PATH_BYTES_MAX = 1_024;
/** Length of one component of a path, in UTF-8 bytes: file systems of sandboxes truncate longer names. */
export const NAME_BYTES_MAX = 255;
/** Bytes of a decompressed bundle: its files, and the headers and padding of each entry. */
export const INFLATED_BYTES_MAX = FILES_BYTES_MAX + ENTRIES_MAX * 4_096 + MiB;

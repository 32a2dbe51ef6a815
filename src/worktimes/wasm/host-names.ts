/**
 * The functions that a WebAssembly module may import, as data, so that a deployer can report missing ones without their
 * implementation.
 * @module
 */

export const WASI_MODULE = 'wasi_snapshot_preview1';
export const MANYHANDS_MODULE = 'manyhands';

/** The functions of WASI preview 1; those of sockets exist and fail with ENOTSUP. */
const WASI_FUNCTIONS = [
  'args_get', 'args_sizes_get', 'clock_res_get', 'clock_time_get', 'environ_get', 'environ_sizes_get', 'fd_advise',
  'fd_allocate', 'fd_close', 'fd_datasync', 'fd_fdstat_get', 'fd_fdstat_set_flags', 'fd_fdstat_set_rights',
  'fd_filestat_get', 'fd_filestat_set_size', 'fd_filestat_set_times', 'fd_pread', 'fd_prestat_dir_name',
  'fd_prestat_get', 'fd_pwrite', 'fd_read', 'fd_readdir', 'fd_renumber', 'fd_seek', 'fd_sync', 'fd_tell', 'fd_write',
  'path_create_directory', 'path_filestat_get', 'path_filestat_set_times', 'path_link', 'path_open', 'path_readlink',
  'path_remove_directory', 'path_rename', 'path_symlink', 'path_unlink_file', 'poll_oneoff', 'proc_exit', 'proc_raise',
  'random_get', 'sched_yield', 'sock_accept', 'sock_recv', 'sock_send', 'sock_shutdown',
]; // prettier-ignore

/** Names of the functions that a module may import, by the name of their module. */
export const HOST_FUNCTIONS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [WASI_MODULE, new Set(WASI_FUNCTIONS)],
  [MANYHANDS_MODULE, new Set(['progress', 'log', 'fail'])],
  // Imported by AssemblyScript: to abort, to seed random numbers, and to print.
  ['env', new Set(['abort', 'seed', 'console.log'])],
]);

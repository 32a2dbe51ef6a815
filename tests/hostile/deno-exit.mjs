/** A program that exits while its sandboxes start. Its argument: after how many milliseconds. */
import { systemClock } from '../../dist/lib/clock.js';
import { denoHost } from '../../dist/worker/hosts/deno/deno-host.js';

const host = denoHost({ clock: systemClock, env: process.env });
const handlers = { exit: () => undefined, message: () => undefined };
for (let i = 0; i < 3; i++) host.start('0x00', handlers).catch(() => undefined);
setTimeout(() => process.exit(5), Number(process.argv[2]));

/** A host whose program exits while sandboxes start. Its arguments: where dist/ is, and after how many milliseconds. */
const [, , dist, ms] = process.argv;
const { denoHost } = await import(new URL('worker/hosts/deno/deno-host.js', dist).href);
const { systemClock } = await import(new URL('lib/clock.js', dist).href);

const host = denoHost({ clock: systemClock, env: process.env });
const handlers = { exit: () => undefined, message: () => undefined };
for (let i = 0; i < 3; i++) host.start('0x00', handlers).catch(() => undefined);
setTimeout(() => process.exit(5), Number(ms));

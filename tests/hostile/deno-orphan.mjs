/** A supervisor whose sandbox runs an endless loop: it prints a line when the loop has begun, and waits to be killed. */
import { systemClock } from '../../dist/lib/clock.js';
import { encodeJobPackage } from '../../dist/protocol/job/job-package-codec.js';
import { denoHost } from '../../dist/worker/hosts/deno/deno-host.js';
import { samplePackage } from '../../src/testing/sample-package.mjs';

const host = denoHost({ clock: systemClock, env: process.env });
const worktime = { name: 'map-basic', version: '1.0.0' };
const sandbox = await host.start('0x00', {
  exit: (reason) => console.log(`EXIT ${reason}`),
  message: ({ type }) => {
    if (type === 'begin') console.log('LOOPS');
    if (type !== 'assigned') return;
    const inputs = [{ first: 1, input: { kind: 'range', start: 0, step: 1, count: 1 } }];
    sandbox.send({ type: 'run', batch: 1, inputs, reportEach: true });
  },
});
const job = encodeJobPackage(samplePackage('() => { for (;;); }'));
sandbox.send({ type: 'assign', assignment: { package: job, blobs: {}, worktime, assets: {} } });

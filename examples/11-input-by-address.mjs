/** Input that workers fetch from a site themselves; here the site and a worker that allows it are in this program too. */
import { createServer } from 'node:http';
import { computeFor, RemoteDataPattern } from 'manyhands';
import { Worker } from 'manyhands/worker';

const site = createServer((request, response) => {
  const day = Number(request.url.match(/\d+/)[0]);
  response.writeHead(200, { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' });
  response.end(JSON.stringify({ day, temperatures: [day, day + 5, day - 3] }));
});
await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${site.address().port}`;

// Without a worker that allows the site nobody takes the job. On a terminal: manyhands worker --allow-origin …
const worker = new Worker({ isolation: 'thread', cores: 1, allowOrigins: [origin] });
await worker.start();

const days = new RemoteDataPattern(`${origin}/day-{slice}.json`, 7);
const job = computeFor(days, ({ day, temperatures }) => `${day}: ${Math.max(...temperatures)}`);
console.log([...(await job.exec())].join(', '));

await worker.stop();
site.close();

/**
 * A page that deploys a job with an argument that travels as a blob, and cancels it.
 * @module
 */
import { computeFor, init, isError } from '../../../src/entry/deployer.browser.js';

async function deployerPage(scheduler: string): Promise<object> {
  init({ scheduler });
  const job = computeFor([1], (x: number, bytes: Uint8Array) => x + bytes.length, [new Uint8Array(200_000)]);
  try {
    await job.deploy();
    await job.cancel();
    return { runStatus: job.status.runStatus };
  } catch (error) {
    return isError(error) ? { code: error.code, message: error.message } : { message: String(error) };
  }
}

declare global {
  interface Window {
    deployerPage: typeof deployerPage;
  }
}
window.deployerPage = deployerPage;

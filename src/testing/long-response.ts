/**
 * A response whose body is as long as a test asks for, whatever its reader expects. It counts the bytes that were read.
 * @module
 */

const CHUNK_BYTES = 256 * 1024;

/** A response of about `bytes` bytes of zeros, and the number of bytes that were taken from it so far. */
export function longResponse(bytes: number): { response: Response; sent: () => number } {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent >= bytes) return controller.close();
      sent += CHUNK_BYTES;
      controller.enqueue(new Uint8Array(CHUNK_BYTES));
    },
  });
  return { response: new Response(body), sent: () => sent };
}

/**
 * WebAssembly text to a module, with its names, so that stacks have them.
 * @module
 */
import wabtInit from 'wabt';

const wabt = wabtInit();

export async function assemble(wat: string): Promise<Uint8Array> {
  const { parseWat } = await wabt;
  const module = parseWat('module.wat', wat, { multi_value: true, bulk_memory: true, exceptions: true });
  try {
    return new Uint8Array(module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}

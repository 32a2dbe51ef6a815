/**
 * A QR code for the terminal.
 * @module
 */
import { renderUnicodeCompact } from 'uqr';

/** The code of `text` in half blocks, light on dark, as phones read it from most terminals. */
export function qrCode(text: string): string {
  return renderUnicodeCompact(text, { border: 2 });
}

/**
 * QR codes for the terminal.
 * @module
 */
import { renderUnicodeCompact } from 'uqr';

/** The QR code of `text` in half-block characters, light on dark, which phones can read from most terminals. */
export function qrCode(text: string): string {
  return renderUnicodeCompact(text, { border: 2 });
}

import { describe, expect, it } from 'vitest';
import { fill } from './template.mjs';

describe('fill', () => {
  it('fills a placeholder, and a comment that consists of a placeholder', () => {
    expect(fill('<a href="{{x}}"></a><!-- {{y}} -->', { x: '/1', y: '<b>' })).toBe('<a href="/1"></a><b>');
  });

  it('inserts a value without interpreting it', () => {
    expect(fill('{{x}}', { x: '$& {{y}}' })).toBe('$& {{y}}');
  });

  it('throws for a placeholder without a value', () => {
    expect(() => fill('{{z}}', {})).toThrow(/\{\{z\}\}/);
  });
});

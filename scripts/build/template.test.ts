import { describe, expect, it } from 'vitest';
import { fill } from './template.mjs';

describe('fill', () => {
  it('fills a place, and a comment that is nothing but a place', () => {
    expect(fill('<a href="{{x}}"></a><!-- {{y}} -->', { x: '/1', y: '<b>' })).toBe('<a href="/1"></a><b>');
  });

  it('takes what it puts in as it is', () => {
    expect(fill('{{x}}', { x: '$& {{y}}' })).toBe('$& {{y}}');
  });

  it('refuses a place that it has nothing for', () => {
    expect(() => fill('{{z}}', {})).toThrow(/\{\{z\}\}/);
  });
});

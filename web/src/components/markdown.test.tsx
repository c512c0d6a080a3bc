import { render } from '@testing-library/react';
import { expect, it } from 'vitest';
import { Markdown } from './Markdown';
import { blocksOf, inline } from './markdown';

const html = (text: string) => {
  const { container, unmount } = render(<Markdown text={text} />);
  const found = container.querySelector('.markdown')!.innerHTML;
  unmount();
  return found;
};

it('shows headings, lists, tables, code and links', () => {
  const shown = html('# Redis\n\nA **fast** `store`, see [docs](https://redis.io "x").\n\n- one\n  more\n- two\n\n1. first\n\n```\nhelm install\n```\n\n| Name | Value |\n|:--|--|\n| a\\|b | `1` |\n\n> note\n\n---\n');
  expect(shown).toContain('<h2><span>Redis</span></h2>');
  expect(shown).toContain('<strong>fast</strong>');
  expect(shown).toContain('href="https://redis.io"');
  expect(shown).toMatch(/<ul><li><span>one more<\/span><\/li><li><span>two<\/span><\/li><\/ul><ol>/);
  expect(shown).toContain('helm install');
  expect(shown).toContain('<td><span>a|b</span></td>');
  expect(shown).toContain('<blockquote>');
  expect(shown).toContain('<hr>');
});

it('lets no HTML, script address or picture through', () => {
  const shown = html('<img src=x onerror=alert(1)>\n<script>alert(1)</script>\n\n<p align="center">Redis</p> <!-- hidden -->\n\n[a](javascript:alert(1)) [b](data:text/html,x) [c](./values.yaml) ![logo](https://evil.dev/x.png) [![badge](https://b.dev/x.svg)](https://b.dev)\n\n<https://ok.dev> 1 < 2');
  expect(shown).not.toMatch(/<(img|script|p align)/);
  expect(shown).not.toMatch(/javascript:|data:|onerror|hidden -->/);
  expect([...shown.matchAll(/href="([^"]*)"/g)].map((each) => each[1])).toEqual(['https://b.dev', 'https://ok.dev']);
  expect(shown).toContain('logo');
  expect(shown).toContain('1 &lt; 2');
});

it('leaves out no level of headings on the way down', () => {
  expect([...html('# a\n#### b\n## c\n').matchAll(/<(h\d)>/g)].map((each) => each[1])).toEqual(['h2', 'h3', 'h3']);
});

it('takes no time over texts that were made to', () => {
  // Time of its own: a busy machine is no fault of the text.
  const began = process.cpuUsage();
  for (const piece of ['[', '*', '`', '<a ', '![', '|', '> ', '- ', '<!--']) blocksOf(piece.repeat(60_000));
  inline('['.repeat(100_000));
  expect(process.cpuUsage(began).user / 1000).toBeLessThan(4000);
});

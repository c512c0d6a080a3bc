// Shows Markdown from outside as text: no HTML, no pictures, links only to the web.
import { useMemo } from 'react';
import { Outside } from './Button';
import { blocksOf, type Block, type Inline } from './markdown';

function Pieces({ text }: { text: Inline[] }) {
  /* eslint-disable react/no-array-index-key -- the pieces of a line have no other identity */
  return text.map((piece, at) => {
    if (piece.kind === 'code') return <code key={at}>{piece.text}</code>;
    if (piece.kind === 'strong') return <strong key={at}>{piece.text}</strong>;
    if (piece.kind === 'em') return <em key={at}>{piece.text}</em>;
    if (piece.kind === 'link') return <Outside key={at} href={piece.href}>{piece.text}</Outside>;
    return <span key={at}>{piece.text}</span>;
  });
  /* eslint-enable react/no-array-index-key */
}

const HEADINGS = { 2: 'h2', 3: 'h3', 4: 'h4', 5: 'h5', 6: 'h6' } as const;

/** The levels of headings as they are shown: below the page's own, and none is left out on the way down. */
export function shownLevels(blocks: Block[]): Map<Block, keyof typeof HEADINGS> {
  const shown = new Map<Block, keyof typeof HEADINGS>();
  let before = 1;
  for (const block of blocks) {
    if (block.kind !== 'heading') continue;
    before = Math.min(block.level + 1, before + 1, 6);
    shown.set(block, before as keyof typeof HEADINGS);
  }
  return shown;
}

function Table({ block }: { block: Extract<Block, { kind: 'table' }> }) {
  /* eslint-disable react/no-array-index-key -- rows and cells have no other identity */
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways by the arrow keys
    <div className="scroll" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {block.head.map((cell, at) => (
              <th key={at} scope="col">
                <Pieces text={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {block.rows.map((row, at) => (
            <tr key={at}>
              {row.map((cell, column) => (
                <td key={column}>
                  <Pieces text={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
  /* eslint-enable react/no-array-index-key */
}

function Piece({ block, level }: { block: Block; level: keyof typeof HEADINGS | undefined }) {
  switch (block.kind) {
    case 'heading': {
      const Heading = HEADINGS[level ?? 2];
      return (
        <Heading>
          <Pieces text={block.text} />
        </Heading>
      );
    }
    case 'code':
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways by the arrow keys
      return <pre className="block" tabIndex={0}>{block.text}</pre>;
    case 'list': {
      const List = block.ordered ? 'ol' : 'ul';
      return (
        <List>
          {block.items.map((item, at) => (
            // eslint-disable-next-line react/no-array-index-key -- the items have no other identity
            <li key={at}>
              <Pieces text={item} />
            </li>
          ))}
        </List>
      );
    }
    case 'table':
      return <Table block={block} />;
    case 'quote':
      return (
        <blockquote>
          <Pieces text={block.text} />
        </blockquote>
      );
    case 'rule':
      return <hr />;
    case 'paragraph':
      return (
        <p>
          <Pieces text={block.text} />
        </p>
      );
  }
}

/** A text in Markdown. */
export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => blocksOf(text), [text]);
  const levels = useMemo(() => shownLevels(blocks), [blocks]);
  return (
    <div className="markdown">
      {blocks.map((block, at) => (
        // eslint-disable-next-line react/no-array-index-key -- the blocks have no other identity
        <Piece key={at} block={block} level={levels.get(block)} />
      ))}
    </div>
  );
}

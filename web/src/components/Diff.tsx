// Differences of files, one foldable block each.
import { Fragment } from 'react';
import type { FileDiff } from '../api/types';

const WORDS = { added: 'new', removed: 'goes', changed: 'changes' } as const;
const LOOKS = { ' ': undefined, '+': 'add', '-': 'del' } as const;

function counts(file: FileDiff): string {
  const lines = file.hunks.flatMap((hunk) => hunk.lines);
  const added = lines.filter((line) => line.kind === '+').length;
  const removed = lines.filter((line) => line.kind === '-').length;
  return [added && `+${added}`, removed && `−${removed}`].filter(Boolean).join(' ');
}

/** One file's difference. */
export function Diff({ file, open = true }: { file: FileDiff; open?: boolean }) {
  return (
    <details className="diff" open={open}>
      <summary>
        <span className="break">{file.path}</span>
        <span className="right small">
          {WORDS[file.change]} {counts(file)}
        </span>
      </summary>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways by the arrow keys */}
      <pre tabIndex={0} aria-label={`Difference of ${file.path}`}>
        <div>
          {file.hunks.map((hunk, index) => (
            <Fragment key={`${hunk.old_start}-${hunk.new_start}`}>
              {index > 0 && <span className="at">…</span>}
              {hunk.lines.map((line, number) => (
                // eslint-disable-next-line react/no-array-index-key -- lines have no other identity
                <span key={number} className={LOOKS[line.kind]}>
                  {line.kind} {line.text.replace(/\n$/, '')}
                </span>
              ))}
            </Fragment>
          ))}
        </div>
      </pre>
    </details>
  );
}

/** Differences of several files; the first few stand open. */
export function Diffs({ files, open = 6 }: { files: FileDiff[]; open?: number }) {
  return (
    <div className="stack">
      {files.map((file, index) => (
        <Diff key={file.path} file={file} open={index < open} />
      ))}
    </div>
  );
}

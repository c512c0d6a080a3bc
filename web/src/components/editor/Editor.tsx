// The door to the editor: it is fetched when one is shown.
import { lazy, Suspense } from 'react';
import { Loading } from '../States';
import type { CodeEditorProps } from './CodeEditor';

const CodeEditor = lazy(() => import('./CodeEditor'));

/** A YAML editor, fetched on first use. */
export function Editor(props: CodeEditorProps) {
  return (
    <Suspense fallback={<Loading what="the editor" />}>
      <CodeEditor {...props} />
    </Suspense>
  );
}

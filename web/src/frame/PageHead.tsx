// The head of a page: its title (also the document's), a sentence, and its actions.
import { useEffect, type ReactNode } from 'react';

/** Title, sentence and actions of a page. */
export function PageHead({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Trueline`;
  }, [title]);
  return (
    <div className="head">
      <div>
        <h1>{title}</h1>
        {children && <p>{children}</p>}
      </div>
      {actions && <div className="right">{actions}</div>}
    </div>
  );
}

// The preview of a panel: being made, made, outdated by what is typed, or refused and why.
import { Problem } from '../../api/http';
import type { Preview } from '../../api/types';
import { Loading, Notice, ProblemWords } from '../../components/States';
import { PreviewView } from './PreviewView';

interface Props {
  data: Preview | undefined;
  error: unknown;
  /** Whether enough is given for a preview. */
  ready: boolean;
  /** The preview does not belong to what is typed yet. */
  waiting: boolean;
}

/** What is wrong with values, one line each; a single one is told by the words of the refusal already. */
export function ValueErrors({ error }: { error: unknown }) {
  const problems = error instanceof Problem ? (error.body.problems ?? []) : [];
  if (problems.length < 2) return null;
  return (
    <ul>
      {problems.map((each) => (
        <li key={`${each.path} ${each.line} ${each.message}`}>
          {[each.layer, each.line > 0 && `line ${each.line}`, each.path].filter(Boolean).join(', ')}: {each.message}
        </li>
      ))}
    </ul>
  );
}

/** The preview as it is now. */
export function PreviewState({ data, error, ready, waiting }: Props) {
  if (!ready) return null;
  if (error) {
    return (
      <Notice tone="bad">
        <ProblemWords error={error} />
        <ValueErrors error={error} />
      </Notice>
    );
  }
  if (!data) return <Loading what="the preview" />;
  return (
    <div className={waiting ? 'stale' : undefined} aria-busy={waiting}>
      <PreviewView preview={data} />
    </div>
  );
}

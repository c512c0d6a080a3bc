// A commit: a link where the host shows it, copied by a click.
import type { Deployment } from '../../api/types';
import { CopyText } from '../../components/CopyText';

const SHORT = 7;

/** The commit of a deployment; nothing before there is one. */
export function Commit({ deployment }: { deployment: Pick<Deployment, 'commit' | 'commit_url'> }) {
  const { commit, commit_url: url } = deployment;
  if (!commit) return null;
  return (
    <span className="nowrap">
      {url ? (
        <>
          <a className="mono commit" href={url} target="_blank" rel="noreferrer noopener">
            {commit.slice(0, SHORT)}
            <span className="hidden"> commit, opens in a new tab</span>
          </a>{' '}
          <CopyText text={commit} shown="" what="commit" />
        </>
      ) : (
        <CopyText text={commit} shown={commit.slice(0, SHORT)} what="commit" />
      )}
    </span>
  );
}

// Where an application lives in Git, and what is there.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Application } from '../../api/types';
import { Button, Outside } from '../../components/Button';
import { CopyText } from '../../components/CopyText';
import { Asked, Empty } from '../../components/States';
import { Tag } from '../../components/Tag';
import { useMay } from '../session/data';
import { applicationQuery } from './data';
import { DeleteDialog } from './DeleteApplication';
import { layout, texts } from './texts';

const words = texts.repositoryPage;

function Address({ application }: { application: Application }) {
  const { repository } = application;
  const clone = application.clone_url ?? repository?.clone_url;
  if (!clone) return <Empty title={words.none}>{words.noneHint}</Empty>;
  return (
    <div className="body stack">
      <dl className="pairs">
        <dt>{words.clone}</dt>
        <dd>
          <CopyText text={clone} what="clone address" />
        </dd>
        {repository?.web_url && (
          <>
            <dt>{words.web}</dt>
            <dd>
              <Outside href={repository.web_url}>{repository.full_name}</Outside>
            </dd>
          </>
        )}
        <dt>{words.account}</dt>
        <dd>{application.gitops_config ?? '–'}</dd>
        <dt>{words.folder}</dt>
        <dd>{application.path ? <code>{application.path}</code> : words.root}</dd>
        {repository && (
          <>
            <dt>{words.branch}</dt>
            <dd>
              <code>{repository.default_branch}</code>
            </dd>
          </>
        )}
        <dt>{words.command}</dt>
        <dd>
          <CopyText text={`git clone ${clone}`} what="command" />
        </dd>
      </dl>
    </div>
  );
}

function Layout({ path }: { path: string }) {
  return (
    <section className="card" aria-label={words.layout}>
      <header>
        <h2>{words.layout}</h2>
      </header>
      <ul className="layout">
        {layout.map((line) => (
          <li key={line.path}>
            <code>{line.path === 'README.md' || !path ? line.path : `${path}/${line.path}`}</code>
            <span className="muted small">
              {line.what}
              {line.people && <Tag tone="info">{words.people}</Tag>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The tab *Repository*. */
export function RepositoryPage({ name }: { name: string }) {
  const application = useQuery(applicationQuery(name));
  const manager = useMay('manager', application.data?.project ?? null);
  const [deleting, setDeleting] = useState(false);
  return (
    <Asked of={application}>
      {(data) => (
        <div className="stack wide">
          <section className="card" aria-label={texts.repository}>
            <header>
              <h2>{texts.repository}</h2>
            </header>
            <Address application={data} />
          </section>
          <Layout path={data.path} />
          {manager && (
            <div className="line">
              <Button look="danger" onClick={() => setDeleting(true)}>
                {texts.delete}
              </Button>
            </div>
          )}
          {deleting && <DeleteDialog application={data} onClose={() => setDeleting(false)} />}
        </div>
      )}
    </Asked>
  );
}

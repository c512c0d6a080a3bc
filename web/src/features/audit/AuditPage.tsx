// The audit: filters in the address, newest first.
import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { call, query } from '../../api/http';
import type { AuditEntry, Page } from '../../api/types';
import { Button } from '../../components/Button';
import { Empty, Failed, Loading, Notice } from '../../components/States';
import { Table, type Column } from '../../components/Table';
import { Time } from '../../components/Time';
import { PageHead } from '../../frame/PageHead';
import { useMay } from '../session/data';
import { texts } from './texts';

export interface AuditSearch {
  actor?: string | undefined;
  action?: string | undefined;
  subject?: string | undefined;
}

const auditQuery = (search: AuditSearch) =>
  infiniteQueryOptions({
    queryKey: ['audit', search],
    queryFn: ({ pageParam }) => call<Page<AuditEntry>>('GET', `/audit${query({ ...search, limit: 50, cursor: pageParam })}`),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Page<AuditEntry>) => page.next,
  });

const shown = (text: string | null) => (text === null || text === '' ? texts.nothing : text);

function Changes({ entry }: { entry: AuditEntry }) {
  if (entry.changes.length === 0) return null;
  return (
    <ul className="small break">
      {entry.changes.map((change) => (
        <li key={change.field}>
          <code>{change.field}</code> {change.before === null ? shown(change.after) : `${shown(change.before)} → ${shown(change.after)}`}
        </li>
      ))}
    </ul>
  );
}

const COLUMNS: Column<AuditEntry>[] = [
  { key: 'at', label: texts.columns.at, lead: true, cell: (row) => <Time at={row.at} /> },
  { key: 'actor', label: texts.columns.actor, cell: (row) => row.actor },
  { key: 'action', label: texts.columns.action, cell: (row) => <code>{row.action}</code> },
  { key: 'subject', label: texts.columns.subject, cell: (row) => <code className="break">{row.subject}</code> },
  { key: 'changes', label: texts.columns.changes, cell: (row) => <Changes entry={row} /> },
  { key: 'origin', label: texts.columns.origin, cell: (row) => <span className="muted small">{row.origin}</span> },
];

function Filter({ label, value, onValue }: { label: string; value: string | undefined; onValue: (value: string | undefined) => void }) {
  const [typed, setTyped] = useState(value ?? '');
  useEffect(() => {
    if (typed === (value ?? '')) return undefined;
    const timer = setTimeout(() => onValue(typed || undefined), 300);
    return () => clearTimeout(timer);
  }, [typed, value, onValue]);
  return <input className="input grow" type="search" aria-label={label} placeholder={label} value={typed} onChange={(event) => setTyped(event.target.value)} />;
}

function List({ search }: { search: AuditSearch }) {
  const pages = useInfiniteQuery(auditQuery(search));
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const asked = Boolean(search.actor || search.action || search.subject);
  return (
    <section className="card" aria-label={texts.title}>
      {pages.isPending && <Loading what="the audit" />}
      {pages.error && <Failed error={pages.error} onRetry={() => void pages.refetch()} />}
      {pages.data && rows.length === 0 && <Empty title={asked ? texts.none : texts.empty} />}
      {rows.length > 0 && <Table label={texts.title} columns={COLUMNS} rows={rows} id={(row) => row.id} />}
      {pages.hasNextPage && (
        <footer>
          <Button busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {texts.more}
          </Button>
        </footer>
      )}
    </section>
  );
}

/** The page of the audit. */
export function AuditPage({ search }: { search: AuditSearch }) {
  const navigate = useNavigate();
  const administrator = useMay('administrator');
  const put = (change: AuditSearch) => void navigate({ to: '/configuration/audit', search: { ...search, ...change }, replace: true });
  return (
    <>
      <PageHead title={texts.title}>{texts.lead}</PageHead>
      {administrator ? (
        <>
          <search className="toolbar">
            <Filter label={texts.actor} value={search.actor} onValue={(actor) => put({ actor })} />
            <Filter label={texts.action} value={search.action} onValue={(action) => put({ action })} />
            <Filter label={texts.subject} value={search.subject} onValue={(subject) => put({ subject })} />
          </search>
          <List search={search} />
        </>
      ) : (
        <Notice tone="info">{texts.forbidden}</Notice>
      )}
    </>
  );
}

// The audit: filters in the address, newest first.
import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useId, useState } from 'react';
import { call, query } from '../../api/http';
import type { AuditEntry, Page } from '../../api/types';
import { Icon } from '../../components/Icon';
import { PagedTable } from '../../components/PagedTable';
import { SearchField } from '../../components/SearchField';
import { Empty, Notice } from '../../components/States';
import type { Column } from '../../components/Table';
import { Time } from '../../components/Time';
import { PageHead } from '../../frame/PageHead';
import { useMay } from '../session/data';
import './audit.css';
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
    placeholderData: keepPreviousData,
  });

const shown = (text: string | null) => (text === null || text === '' ? texts.nothing : text);

/** What was changed. On a narrow screen it is folded, together with where the call came from. */
function Changes({ entry }: { entry: AuditEntry }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  if (entry.changes.length === 0 && entry.origin === '') return null;
  return (
    <>
      <button type="button" className="fold small" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        {texts.details(entry.changes.length)}
        <span className="hidden">{texts.detailsOf(entry.action, entry.subject)}</span>
        <Icon name={open ? 'up' : 'down'} tiny />
      </button>
      <div id={id} className={open ? 'folded open small break' : 'folded small break'}>
        {entry.changes.length > 0 && (
          <ul>
            {entry.changes.map((change) => (
              <li key={change.field}>
                <code>{change.field}</code> {change.before === null ? shown(change.after) : `${shown(change.before)} → ${shown(change.after)}`}
              </li>
            ))}
          </ul>
        )}
        {entry.origin !== '' && (
          <span className="from muted">
            {texts.columns.origin} {entry.origin}
          </span>
        )}
      </div>
    </>
  );
}

const COLUMNS: Column<AuditEntry>[] = [
  { key: 'at', label: texts.columns.at, lead: true, cell: (row) => <Time at={row.at} /> },
  { key: 'actor', label: texts.columns.actor, cell: (row) => row.actor },
  { key: 'action', label: texts.columns.action, cell: (row) => <code>{row.action}</code> },
  { key: 'subject', label: texts.columns.subject, width: '24%', cell: (row) => <code className="break">{row.subject}</code> },
  { key: 'changes', label: texts.columns.changes, width: '32%', cell: (row) => <Changes entry={row} /> },
  { key: 'origin', label: texts.columns.origin, cell: (row) => <span className="muted small">{row.origin}</span> },
];

function List({ search }: { search: AuditSearch }) {
  const pages = useInfiniteQuery(auditQuery(search));
  const asked = Boolean(search.actor || search.action || search.subject);
  return <PagedTable title={texts.title} look="audit" pages={pages} columns={COLUMNS} id={(row) => row.id} empty={<Empty title={asked ? texts.none : texts.empty} />} more={texts.more} />;
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
            <SearchField label={texts.actor} value={search.actor} onValue={(actor) => put({ actor })} />
            <SearchField label={texts.action} value={search.action} onValue={(action) => put({ action })} />
            <SearchField label={texts.subject} value={search.subject} onValue={(subject) => put({ subject })} />
          </search>
          <List search={search} />
        </>
      ) : (
        <Notice tone="info">{texts.forbidden}</Notice>
      )}
    </>
  );
}

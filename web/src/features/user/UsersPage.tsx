// Users (for administrators) and one's own API tokens.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { RoleBinding, User } from '../../api/types';
import { Button } from '../../components/Button';
import { Ask } from '../../components/Dialog';
import { Asked, Notice, ProblemWords } from '../../components/States';
import { Table, type Column } from '../../components/Table';
import { Tag } from '../../components/Tag';
import { PageHead } from '../../frame/PageHead';
import { useMay, useSession } from '../session/data';
import { TokensSection } from '../token/TokensSection';
import { deleteUser, usersQuery } from './data';
import { texts } from './texts';
import { UserDialog } from './UserDialog';

const inWords = (binding: RoleBinding) => `${texts.roleWords[binding.role]}, ${binding.project ?? texts.installation}`;

function columns(me: string, edit: (user: User) => void, remove: (user: User) => void): Column<User>[] {
  return [
    { key: 'name', label: texts.columns.name, lead: true, cell: (row) => <b>{row.name}</b> },
    { key: 'email', label: texts.columns.email, cell: (row) => <span className="break">{row.email}</span> },
    { key: 'roles', label: texts.columns.roles, cell: (row) => (row.roles.length === 0 ? <span className="faint">{texts.noRoles}</span> : row.roles.map(inWords).join('; ')) },
    {
      key: 'state',
      label: texts.columns.state,
      cell: (row) => {
        if (!row.enabled) return <Tag icon="dash">{texts.disabled}</Tag>;
        return row.password_is_initial ? <Tag tone="warn" icon="warn">{texts.initial}</Tag> : <Tag tone="good" icon="ok">{texts.ok}</Tag>;
      },
    },
    {
      key: 'actions',
      label: '',
      end: true,
      cell: (row) => (
        <span className="nowrap">
          <Button small look="quiet" onClick={() => edit(row)}>
            {texts.edit}
            <span className="hidden"> {row.name}</span>
          </Button>{' '}
          {row.name !== me && (
            <Button small look="quiet" onClick={() => remove(row)}>
              Delete<span className="hidden"> {row.name}</span>
            </Button>
          )}
        </span>
      ),
    },
  ];
}

function DeleteUser({ user, onClose }: { user: User; onClose: () => void }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => deleteUser(user),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: usersQuery.queryKey });
    },
  });
  return (
    <Ask title={texts.deleteAsk(user.name)} action={texts.delete} danger busy={remove.isPending} onYes={() => remove.mutate()} onClose={onClose}>
      {remove.error && (
        <Notice tone="bad">
          <ProblemWords error={remove.error} />
        </Notice>
      )}
      <p>{texts.deleteWords}</p>
    </Ask>
  );
}

function UsersSection() {
  const me = useSession()?.user.name ?? '';
  const users = useQuery(usersQuery);
  const [editing, setEditing] = useState<User | 'new' | null>(null);
  const [deleting, setDeleting] = useState<User | null>(null);
  return (
    <section className="card" aria-label={texts.users}>
      <header>
        <h2>{texts.users}</h2>
        <span className="right">
          <Button small onClick={() => setEditing('new')}>
            {texts.create}
          </Button>
        </span>
      </header>
      <Asked of={users} what="users">{(page) => <Table label={texts.users} columns={columns(me, setEditing, setDeleting)} rows={page.items} id={(row) => row.id} />}</Asked>
      {editing && <UserDialog key={editing === 'new' ? '' : editing.name} user={editing === 'new' ? null : editing} onClose={() => setEditing(null)} />}
      {deleting && <DeleteUser user={deleting} onClose={() => setDeleting(null)} />}
    </section>
  );
}

/** The page of users and tokens. */
export function UsersPage() {
  const administrator = useMay('administrator');
  return (
    <>
      <PageHead title={texts.title}>{texts.lead}</PageHead>
      <div className="stack wide">
        {administrator && <UsersSection />}
        <TokensSection />
      </div>
    </>
  );
}

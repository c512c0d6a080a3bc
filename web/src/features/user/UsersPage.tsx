// Users (for administrators) and one's own API tokens.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { RoleBinding, User } from '../../api/types';
import { Button } from '../../components/Button';
import { ListCard } from '../../components/ListCard';
import type { Column } from '../../components/Table';
import { Tag } from '../../components/Tag';
import { PageHead } from '../../frame/PageHead';
import { useMay, useSession } from '../session/data';
import { TokensSection } from '../token/TokensSection';
import { deleteUser, usersQuery } from './data';
import { texts } from './texts';
import { UserDialog } from './UserDialog';

const inWords = (binding: RoleBinding) => `${texts.roleWords[binding.role]}, ${binding.project ?? texts.installation}`;

const COLUMNS: Column<User>[] = [
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
];

function UsersSection() {
  const me = useSession()?.user.name ?? '';
  const [making, setMaking] = useState(false);
  return (
    <>
      <ListCard
        title={texts.users}
        asked={useQuery(usersQuery)}
        queryKey={usersQuery.queryKey}
        columns={COLUMNS}
        name={(row) => row.name}
        action={
          <Button small onClick={() => setMaking(true)}>
            {texts.create}
          </Button>
        }
        change={{ verb: texts.edit, dialog: (row, close) => <UserDialog user={row} onClose={close} /> }}
        remove={{ verb: texts.deleteOne, action: texts.delete, question: texts.deleteAsk, words: texts.deleteWords, run: deleteUser, may: (row) => row.name !== me }}
      />
      {making && <UserDialog user={null} onClose={() => setMaking(false)} />}
    </>
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

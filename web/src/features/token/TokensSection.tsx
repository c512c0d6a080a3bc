// API tokens: made once, shown once, revoked at once.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Role, Token } from '../../api/types';
import { Button } from '../../components/Button';
import { CopyText } from '../../components/CopyText';
import { Ask, Dialog } from '../../components/Dialog';
import { SelectField, TextField } from '../../components/Field';
import { errorOf, Form } from '../../components/Form';
import { Asked, Empty, Notice, ProblemWords } from '../../components/States';
import { Table, type Column } from '../../components/Table';
import { Time } from '../../components/Time';
import { projectsQuery } from '../project/data';
import { texts as userTexts } from '../user/texts';
import { createToken, revokeToken, tokensQuery } from './data';
import { texts } from './texts';

const ROLES: Role[] = ['viewer', 'deployer', 'manager', 'administrator'];

function Made({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <>
      <div className="body">
        <Notice tone="good">{texts.made}</Notice>
        <CopyText text={secret} what={texts.copy} />
      </div>
      <footer>
        <Button look="primary" onClick={onClose} data-autofocus>
          {texts.done}
        </Button>
      </footer>
    </>
  );
}

function TokenDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const projects = useQuery(projectsQuery).data?.items ?? [];
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('deployer');
  const [project, setProject] = useState('');
  const [days, setDays] = useState('90');
  const create = useMutation({
    mutationFn: () => createToken({ name: name.trim(), role, project: project || null, expires_in_days: Number(days) }),
    onSuccess: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
  const { error } = create;
  return (
    <Dialog title={texts.create} onClose={onClose}>
      {create.data ? (
        <Made secret={create.data.secret} onClose={onClose} />
      ) : (
        <Form onSubmit={() => !create.isPending && create.mutate()} error={error}>
          <div className="body stack">
            <TextField label={texts.name} name="name" required value={name} onText={setName} hint={texts.nameHint} error={errorOf(error, 'name')} data-autofocus />
            <div className="two">
              <SelectField label={texts.role} name="role" value={role} onText={(next) => setRole(next as Role)} options={ROLES.map((each) => ({ value: each, label: userTexts.roleWords[each] }))} error={errorOf(error, 'role')} />
              <SelectField label={texts.where} name="project" value={project} onText={setProject} options={[{ value: '', label: texts.installation }, ...projects.map((each) => ({ value: each.name, label: each.name }))]} error={errorOf(error, 'project')} />
            </div>
            <TextField label={texts.days} name="expires_in_days" inputMode="numeric" value={days} onText={setDays} error={errorOf(error, 'expires_in_days')} />
          </div>
          <footer>
            <Button type="submit" look="primary" busy={create.isPending}>
              {texts.create}
            </Button>
            <Button look="quiet" onClick={onClose}>
              Cancel
            </Button>
          </footer>
        </Form>
      )}
    </Dialog>
  );
}

const columns = (revoke: (token: Token) => void): Column<Token>[] => [
  { key: 'name', label: texts.columns.name, lead: true, cell: (row) => <b>{row.name}</b> },
  { key: 'hint', label: texts.columns.hint, cell: (row) => <code>…{row.hint}</code> },
  { key: 'role', label: texts.columns.role, cell: (row) => `${userTexts.roleWords[row.role]}, ${row.project ?? texts.installation}` },
  { key: 'used', label: texts.columns.used, cell: (row) => (row.used_at ? <Time at={row.used_at} /> : <span className="faint">{texts.never}</span>) },
  { key: 'expires', label: texts.columns.expires, cell: (row) => <Time at={row.expires_at} /> },
  {
    key: 'actions',
    label: '',
    end: true,
    cell: (row) => (
      <Button small look="quiet" onClick={() => revoke(row)}>
        {texts.revoke}
        <span className="hidden"> {row.name}</span>
      </Button>
    ),
  },
];

function RevokeToken({ token, onClose }: { token: Token; onClose: () => void }) {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => revokeToken(token),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: tokensQuery.queryKey });
    },
  });
  return (
    <Ask title={texts.revokeAsk(token.name)} action={texts.revoke} danger busy={revoke.isPending} onYes={() => revoke.mutate()} onClose={onClose}>
      {revoke.error && (
        <Notice tone="bad">
          <ProblemWords error={revoke.error} />
        </Notice>
      )}
      <p>{texts.revokeWords}</p>
    </Ask>
  );
}

/** The list of tokens. */
export function TokensSection() {
  const tokens = useQuery(tokensQuery);
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  return (
    <section className="card" aria-label={texts.title}>
      <header>
        <h2>{texts.title}</h2>
        <span className="right">
          <Button small onClick={() => setMaking(true)}>
            {texts.create}
          </Button>
        </span>
      </header>
      <Asked of={tokens} what="tokens">
        {(page) => (page.items.length === 0 ? <Empty title={texts.empty}>{texts.emptyHint}</Empty> : <Table label={texts.title} columns={columns(setRevoking)} rows={page.items} id={(row) => row.id} />)}
      </Asked>
      {making && <TokenDialog onClose={() => setMaking(false)} />}
      {revoking && <RevokeToken token={revoking} onClose={() => setRevoking(null)} />}
    </section>
  );
}

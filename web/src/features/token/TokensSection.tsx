// API tokens: made once, shown once, revoked at once.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Role, Token } from '../../api/types';
import { Button } from '../../components/Button';
import { CopyText } from '../../components/CopyText';
import { Dialog } from '../../components/Dialog';
import { SelectField, TextField } from '../../components/Field';
import { errorOf } from '../../components/Form';
import { FormDialog, useSaving } from '../../components/FormDialog';
import { ListCard } from '../../components/ListCard';
import { Notice } from '../../components/States';
import type { Column } from '../../components/Table';
import { inDays, Time } from '../../components/Time';
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
  const projects = useQuery(projectsQuery).data?.items ?? [];
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('deployer');
  const [project, setProject] = useState('');
  const [days, setDays] = useState('90');
  const creating = useSaving({
    queryKey: tokensQuery.queryKey,
    save: () => createToken({ name: name.trim(), role, project: project || null, expires_in_days: Number(days) }),
    saved: () => texts.made,
    done: () => {},
  });
  const { error } = creating;
  if (creating.data) {
    return (
      <Dialog title={texts.create} onClose={onClose}>
        <Made secret={creating.data.secret} onClose={onClose} />
      </Dialog>
    );
  }
  return (
    <FormDialog title={texts.create} action={texts.create} saving={creating} onSubmit={creating.mutate} onClose={onClose}>
      <TextField label={texts.name} name="name" required value={name} onText={setName} hint={texts.nameHint} error={errorOf(error, 'name')} data-autofocus />
      <div className="two">
        <SelectField label={texts.role} name="role" value={role} onText={(next) => setRole(next as Role)} options={ROLES.map((each) => ({ value: each, label: userTexts.roleWords[each] }))} error={errorOf(error, 'role')} />
        <SelectField label={texts.where} name="project" value={project} onText={setProject} options={[{ value: '', label: texts.installation }, ...projects.map((each) => ({ value: each.name, label: each.name }))]} error={errorOf(error, 'project')} />
      </div>
      <TextField label={texts.days} name="expires_in_days" inputMode="numeric" value={days} onText={setDays} error={errorOf(error, 'expires_in_days')} />
    </FormDialog>
  );
}

const COLUMNS: Column<Token>[] = [
  { key: 'name', label: texts.columns.name, lead: true, cell: (row) => <b>{row.name}</b> },
  { key: 'hint', label: texts.columns.hint, cell: (row) => <code>…{row.hint}</code> },
  { key: 'role', label: texts.columns.role, cell: (row) => `${userTexts.roleWords[row.role]}, ${row.project ?? texts.installation}` },
  { key: 'used', label: texts.columns.used, cell: (row) => (row.used_at ? <Time at={row.used_at} /> : <span className="faint">{texts.never}</span>) },
  { key: 'expires', label: texts.columns.expires, cell: (row) => <Time at={row.expires_at} words={inDays} /> },
];

/** The list of tokens. */
export function TokensSection() {
  const [making, setMaking] = useState(false);
  return (
    <>
      <ListCard
        title={texts.title}
        asked={useQuery(tokensQuery)}
        queryKey={tokensQuery.queryKey}
        columns={COLUMNS}
        name={(row) => row.name}
        empty={{ title: texts.empty, hint: texts.emptyHint }}
        action={
          <Button small onClick={() => setMaking(true)}>
            {texts.create}
          </Button>
        }
        remove={{ verb: texts.revoke, action: texts.revoke, question: texts.revokeAsk, words: texts.revokeWords, run: revokeToken }}
      />
      {making && <TokenDialog onClose={() => setMaking(false)} />}
    </>
  );
}

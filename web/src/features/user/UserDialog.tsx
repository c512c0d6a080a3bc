// Making or changing a user.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useDialogDraft } from '../../api/drafts';
import type { Role, RoleBinding, User } from '../../api/types';
import { Button } from '../../components/Button';
import { Checkbox, SelectField, TextField } from '../../components/Field';
import { errorOf } from '../../components/Form';
import { FormDialog, useSaving } from '../../components/FormDialog';
import { projectsQuery } from '../project/data';
import { changeUser, createUser, usersQuery } from './data';
import { texts } from './texts';

const ROLES: Role[] = ['viewer', 'deployer', 'manager', 'administrator'];

/** The roles of a user, each with where it holds. */
function Roles({ roles, onRoles }: { roles: RoleBinding[]; onRoles: (roles: RoleBinding[]) => void }) {
  const projects = useQuery(projectsQuery).data?.items ?? [];
  const put = (at: number, change: Partial<RoleBinding>) => onRoles(roles.map((each, index) => (index === at ? { ...each, ...change } : each)));
  return (
    <fieldset className="stack tight">
      <legend className="label strong">{texts.roles}</legend>
      <p className="small muted">{texts.roleHint}</p>
      {roles.map((binding, index) => (
        // eslint-disable-next-line react/no-array-index-key -- the rows have no other identity while they are edited
        <div className="line" key={index}>
          <SelectField label={texts.role} name={`roles.${index}.role`} value={binding.role} onText={(role) => put(index, { role: role as Role })} options={ROLES.map((role) => ({ value: role, label: texts.roleWords[role] }))} />
          <SelectField
            label={texts.where}
            name={`roles.${index}.project`}
            value={binding.project ?? ''}
            onText={(project) => put(index, { project: project || null })}
            options={[{ value: '', label: texts.installation }, ...projects.map((project) => ({ value: project.name, label: project.name }))]}
          />
          <Button small look="quiet" onClick={() => onRoles(roles.filter((_, at) => at !== index))}>
            {texts.removeRole}
          </Button>
        </div>
      ))}
      <div>
        <Button small onClick={() => onRoles([...roles, { role: 'viewer', project: projects[0]?.name ?? null }])}>
          {texts.add}
        </Button>
      </div>
    </fieldset>
  );
}

interface Entries {
  name: string;
  email: string;
  password: string;
  enabled: boolean;
  roles: RoleBinding[];
  revokeTokens: boolean;
}

function save(user: User | null, value: Entries) {
  const password = value.password ? { password: value.password } : {};
  const shared = { email: value.email.trim(), roles: value.roles, ...password };
  const revoke = value.password && value.revokeTokens ? { revoke_tokens: true } : {};
  return user ? changeUser(user, { ...shared, ...revoke, enabled: value.enabled }) : createUser({ name: value.name.trim(), ...shared });
}

/** The dialog. */
export function UserDialog({ user, onClose }: { user: User | null; onClose: () => void }) {
  const [initial] = useState<Entries>(() => ({ name: user?.name ?? '', email: user?.email ?? '', password: '', enabled: user?.enabled ?? true, roles: user?.roles ?? [{ role: 'viewer', project: null }], revokeTokens: false }));
  const draft = useDialogDraft(`user.${user?.name ?? 'new'}`, initial, ['password', 'revokeTokens']);
  const { value, set } = draft;
  const saving = useSaving({
    queryKey: usersQuery.queryKey,
    save: () => save(user, value),
    saved: (stored) => texts.saved(stored.name),
    draft,
    done: onClose,
  });
  const { error } = saving;
  return (
    <FormDialog title={user?.name ?? texts.create} action={user ? texts.save : texts.create} saving={saving} draft={draft} onSubmit={saving.mutate} onClose={onClose}>
      {!user && <TextField label={texts.name} name="name" required value={value.name} onText={(name) => set({ name })} hint={texts.nameHint} error={errorOf(error, 'name')} autoCapitalize="none" data-autofocus />}
      <TextField label={texts.email} name="email" type="email" required value={value.email} onText={(email) => set({ email })} hint={texts.emailHint} error={errorOf(error, 'email')} />
      <TextField
        label={user ? texts.newPassword : texts.password}
        name="password"
        type="password"
        required={!user}
        value={value.password}
        autoComplete="new-password"
        onText={(password) => set({ password })}
        hint={user ? texts.keepPassword : texts.passwordHint}
        error={errorOf(error, 'password')}
      />
      {user && value.password !== '' && (
        <Checkbox name="revoke_tokens" checked={value.revokeTokens} onChecked={(revokeTokens) => set({ revokeTokens })}>
          {texts.revokeTokens}
        </Checkbox>
      )}
      <Roles roles={value.roles} onRoles={(roles) => set({ roles })} />
      {user && (
        <Checkbox name="enabled" checked={value.enabled} onChecked={(enabled) => set({ enabled })}>
          {texts.enabled}
        </Checkbox>
      )}
    </FormDialog>
  );
}

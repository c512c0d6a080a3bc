// Changing one's own password.
import { useState } from 'react';
import { Checkbox, TextField } from '../../components/Field';
import { errorOf } from '../../components/Form';
import { FormDialog, useSaving } from '../../components/FormDialog';
import { changePassword, sessionQuery } from './data';
import { texts } from './texts';

/** Asks for the current password and twice for the new one. */
export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const [revokeTokens, setRevokeTokens] = useState(false);
  const [different, setDifferent] = useState(false);
  const change = useSaving({ queryKey: sessionQuery.queryKey, save: () => changePassword(current, next, revokeTokens), saved: () => texts.passwordChanged, done: onClose });
  const submit = () => {
    setDifferent(next !== again);
    if (next === again) change.mutate();
  };
  return (
    <FormDialog title={texts.changePassword} action={texts.changePassword} saving={change} onSubmit={submit} onClose={onClose}>
      <TextField label={texts.currentPassword} name="current" type="password" value={current} onText={setCurrent} required autoComplete="current-password" error={errorOf(change.error, 'current')} data-autofocus />
      <TextField label={texts.newPassword} name="new" type="password" value={next} onText={setNext} required autoComplete="new-password" hint={texts.newPasswordHint} error={errorOf(change.error, 'new')} />
      <TextField label={texts.repeat} name="again" type="password" value={again} onText={setAgain} required autoComplete="new-password" error={different ? texts.different : undefined} />
      <Checkbox name="revoke_tokens" checked={revokeTokens} onChecked={setRevokeTokens}>
        {texts.revokeTokens}
      </Checkbox>
    </FormDialog>
  );
}

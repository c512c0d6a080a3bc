// Changing one's own password.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { announce } from '../../components/Announcer';
import { Button } from '../../components/Button';
import { Dialog } from '../../components/Dialog';
import { TextField } from '../../components/Field';
import { errorOf, Form } from '../../components/Form';
import { changePassword, sessionQuery } from './data';
import { texts } from './texts';

/** Asks for the current password and twice for the new one. */
export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const [different, setDifferent] = useState(false);
  const change = useMutation({
    mutationFn: () => changePassword(current, next),
    onSuccess: async () => {
      announce(texts.passwordChanged);
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
      onClose();
    },
  });
  const submit = () => {
    setDifferent(next !== again);
    if (next === again && !change.isPending) change.mutate();
  };
  return (
    <Dialog title={texts.changePassword} onClose={onClose}>
      <Form onSubmit={submit} error={change.error}>
        <div className="body stack">
          <TextField label={texts.currentPassword} name="current" type="password" value={current} onText={setCurrent} required autoComplete="current-password" error={errorOf(change.error, 'current')} data-autofocus />
          <TextField label={texts.newPassword} name="new" type="password" value={next} onText={setNext} required autoComplete="new-password" hint={texts.newPasswordHint} error={errorOf(change.error, 'new')} />
          <TextField label={texts.repeat} name="again" type="password" value={again} onText={setAgain} required autoComplete="new-password" error={different ? texts.different : undefined} />
        </div>
        <footer>
          <Button type="submit" look="primary" busy={change.isPending}>
            {texts.changePassword}
          </Button>
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
        </footer>
      </Form>
    </Dialog>
  );
}

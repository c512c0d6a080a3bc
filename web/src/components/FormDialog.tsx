// A dialog that holds one form: its fields, a verb that submits, a way back.
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { DialogDraft } from '../api/drafts';
import { announce } from './Announcer';
import { Button } from './Button';
import { Dialog } from './Dialog';
import { Form } from './Form';
import { Restored } from './Restored';
import { Notice } from './States';

const texts = {
  outdated: 'What you had written is not here: this was changed meanwhile. You see what is stored now.',
};

interface Props {
  title: string;
  /** What the button does, in a verb. */
  action: string;
  danger?: boolean;
  /** The request that the form makes. */
  saving: { isPending: boolean; error: unknown };
  /** The draft of what is typed: it is discarded when the dialog is closed. */
  draft?: Pick<DialogDraft<object>, 'changed' | 'restored' | 'outdated' | 'secretive' | 'discard'>;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** The dialog; a second Enter while the request is under way does nothing. What is typed is not lost to a click beside it. */
export function FormDialog({ title, action, danger, saving, draft, onSubmit, onClose, children }: Props) {
  const close = () => {
    draft?.discard();
    onClose();
  };
  return (
    <Dialog title={title} onClose={close} stays={draft?.changed}>
      <Form onSubmit={() => !saving.isPending && onSubmit()} error={saving.error}>
        <div className="body stack">
          {draft?.outdated && <Notice tone="warn">{texts.outdated}</Notice>}
          {draft?.restored && <Restored of={draft.secretive ? 'secrets' : 'dialog'} onDiscard={draft.discard} />}
          {children}
        </div>
        <footer>
          <Button type="submit" look={danger ? 'danger' : 'primary'} busy={saving.isPending}>
            {action}
          </Button>
          <Button look="quiet" onClick={close}>
            Cancel
          </Button>
        </footer>
      </Form>
    </Dialog>
  );
}

interface Saving<T> {
  /** The list that has to be read again. */
  queryKey: QueryKey;
  save: () => Promise<T>;
  /** What is told to people who do not see the page. */
  saved: (stored: T) => string;
  /** The draft of what was typed: it is forgotten once it is saved. */
  draft?: { discard: () => void };
  done: () => void;
}

/** Saves one thing of a list, tells it, and reads the list again. */
export function useSaving<T>({ queryKey, save, saved, draft, done }: Saving<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: save,
    onSuccess: async (stored) => {
      announce(saved(stored));
      draft?.discard();
      done();
      await client.invalidateQueries({ queryKey });
    },
  });
}

// A dialog that holds one form: its fields, a verb that submits, a way back.
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { announce } from './Announcer';
import { Button } from './Button';
import { Dialog } from './Dialog';
import { Form } from './Form';

interface Props {
  title: string;
  /** What the button does, in a verb. */
  action: string;
  danger?: boolean;
  /** The request that the form makes. */
  saving: { isPending: boolean; error: unknown };
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** The dialog; a second Enter while the request is under way does nothing. */
export function FormDialog({ title, action, danger, saving, onSubmit, onClose, children }: Props) {
  return (
    <Dialog title={title} onClose={onClose}>
      <Form onSubmit={() => !saving.isPending && onSubmit()} error={saving.error}>
        <div className="body stack">{children}</div>
        <footer>
          <Button type="submit" look={danger ? 'danger' : 'primary'} busy={saving.isPending}>
            {action}
          </Button>
          <Button look="quiet" onClick={onClose}>
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

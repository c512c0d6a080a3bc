// Dialogs and side panels, on the browser's own modal dialog: it keeps the focus inside and gives it back.
import { useEffect, useId, useRef, type ReactNode, type RefObject } from 'react';
import { Button } from './Button';
import { Icon } from './Icon';

interface Props {
  title: ReactNode;
  /** Stands beside the title. */
  aside?: ReactNode;
  kind?: 'dialog' | 'panel';
  /** Whether a click beside it leaves it open, for something was typed. */
  stays?: boolean | undefined;
  onClose: () => void;
  children: ReactNode;
}

/** What the cursor is put into when a dialog opens: what is marked, else the first field of its form. */
function first(dialog: Element | null): HTMLElement | null {
  return dialog?.querySelector<HTMLElement>('[data-autofocus]') ?? dialog?.querySelector<HTMLElement>('form input, form select, form textarea') ?? null;
}

/** Puts the cursor into the dialog around `inside` once its fields are there, for fields that come later than the dialog. */
export function useLateFocus(inside: RefObject<HTMLElement | null>) {
  useEffect(() => {
    const dialog = inside.current?.closest('dialog') ?? null;
    const now = document.activeElement;
    if (dialog && (now === document.body || now?.closest('header')?.parentElement === dialog)) first(dialog)?.focus();
  }, [inside]);
}

/** A modal dialog in the middle, or a panel at the side. Esc and a click beside it close it. */
export function Dialog({ title, aside, kind = 'dialog', stays, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    first(element)?.focus();
    return () => {
      element?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions -- Esc does the same
    <dialog
      ref={dialog}
      className={kind}
      aria-labelledby={heading}
      onCancel={(event) => {
        // A file that is not chosen after all is another cancelling.
        if (event.target !== dialog.current) return;
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === dialog.current && !stays) onClose();
      }}
    >
      <header>
        <h2 id={heading}>{title}</h2>
        {aside}
        <span className="right">
          <Button look="quiet" aria-label="Close" onClick={onClose}>
            <Icon name="no" />
          </Button>
        </span>
      </header>
      {children}
    </dialog>
  );
}

interface AskProps {
  title: string;
  children: ReactNode;
  /** What the button does, in a verb. */
  action: string;
  danger?: boolean;
  busy?: boolean;
  onYes: () => void;
  onClose: () => void;
}

/** Asks once before something that is not easily undone. */
export function Ask({ title, children, action, danger, busy, onYes, onClose }: AskProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="body">{children}</div>
      <footer>
        <Button look={danger ? 'danger' : 'primary'} busy={busy ?? false} onClick={onYes} data-autofocus>
          {action}
        </Button>
        <Button look="quiet" onClick={onClose}>
          Cancel
        </Button>
      </footer>
    </Dialog>
  );
}

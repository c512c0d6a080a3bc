// That a form has what somebody wrote in it before, and the way to be rid of that.
import { Button } from './Button';
import { Notice } from './States';

const texts = {
  restored: 'What you had written is back; it is not saved.',
  /** Where a form has secrets: they are kept nowhere. */
  restoredBut: 'What you had written is back, but for secrets, which are never kept; it is not saved.',
  restoredPanel: 'What you had written is back; it is not deployed.',
  discard: 'Discard it',
};

interface Props {
  /** `dialog` saves, `panel` deploys; `secrets` tells of a dialog that has some. */
  of?: 'dialog' | 'secrets' | 'panel';
  onDiscard: () => void;
}

/** The notice: the page was loaded anew, or left by the browser's Back, or a panel was closed. */
export function Restored({ of = 'dialog', onDiscard }: Props) {
  return (
    <Notice tone="info">
      <div className="beside">
        <span>{{ dialog: texts.restored, secrets: texts.restoredBut, panel: texts.restoredPanel }[of]}</span>
        <Button small onClick={onDiscard}>
          {texts.discard}
        </Button>
      </div>
    </Notice>
  );
}

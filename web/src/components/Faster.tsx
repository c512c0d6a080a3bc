// That someone else saved the same thing meanwhile: what is typed stays, and one decides which of the two holds.
import { Button } from './Button';
import { Notice } from './States';
import { Time } from './Time';

interface Props {
  /** Who saved what. */
  words: string;
  at: string;
  load: string;
  save: string;
  onLoad: () => void;
  onSave: () => void;
}

/** The notice with both ways on. */
export function Faster({ words, at, load, save, onLoad, onSave }: Props) {
  return (
    <Notice tone="warn">
      {words} <Time at={at} />
      <div className="line">
        <Button small onClick={onLoad}>
          {load}
        </Button>
        <Button small onClick={onSave}>
          {save}
        </Button>
      </div>
    </Notice>
  );
}

// The names of stored secret values, with what becomes of each: it stays, is set anew, or goes.
import { Button } from '../../components/Button';
import { Tag } from '../../components/Tag';
import { isOfList, leftOut, together } from './entries';
import { texts } from './texts';

interface Props {
  names: string[];
  /** The names that are being entered. */
  entered: string[];
  /** Begins to set names anew that are not entered yet; left out when the reader may not. */
  onReplace?: ((names: string[]) => void) | undefined;
  /** The names that are to go, where they can. */
  removed?: string[];
  onRemoved?: ((names: string[]) => void) | undefined;
  words?: { fresh: string; left: string };
}

/** The list. */
export function StoredNames({ names, entered, onReplace, removed = [], onRemoved, words = { fresh: texts.fresh, left: texts.removed } }: Props) {
  // An entry of a list is set anew with all others of that list, and none of those is removed meanwhile.
  const fresh = new Set(entered.flatMap((name) => together(name, names)));
  const left = new Set(leftOut(entered, names));
  return (
    <ul className="stack tight">
      {names.map((name) => (
        <li key={name} className="line">
          <code className="break">{name}</code>
          {removed.includes(name) && <Tag tone="warn" icon="warn">{texts.removed}</Tag>}
          {!removed.includes(name) && (left.has(name) ? <Tag tone="warn" icon="warn">{words.left}</Tag> : fresh.has(name) ? <Tag tone="info" icon="turn">{words.fresh}</Tag> : <Tag icon="ok">{texts.stored}</Tag>)}
          {onReplace && (!fresh.has(name) || left.has(name)) && (
            <span className="right">
              {removed.includes(name) ? (
                <Button small look="quiet" onClick={() => onRemoved?.(removed.filter((each) => each !== name))}>
                  {texts.keep}
                  <span className="hidden"> {name}</span>
                </Button>
              ) : (
                <>
                  <Button small look="quiet" onClick={() => onReplace(together(name, names).filter((each) => !entered.includes(each)))}>
                    {isOfList(name) ? texts.replaceList : texts.replace}
                    <span className="hidden"> {name}</span>
                  </Button>
                  {onRemoved && !left.has(name) && (
                    <Button small look="quiet" onClick={() => onRemoved([...removed, name])}>
                      {texts.remove}
                      <span className="hidden"> {name}</span>
                    </Button>
                  )}
                </>
              )}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

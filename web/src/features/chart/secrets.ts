// Which values of a chart probably are secrets: by what they are called, and by being one text.
import { commentsOf } from '../../components/editor/complete';

const CALLED = /(^|[._-])(\w*password|\w*secret(key)?|\w*token|api-?key|private-?key|access-?key|passphrase)$/i;
const MOST = 40;

/** Names such as `auth.password`. */
export function likelySecrets(defaults: string): string[] {
  return [...commentsOf(defaults)]
    .filter(([path, { value }]) => CALLED.test(path) && !path.includes('[]') && !/^(true|false|[\d.]+|\{.*|\[.*)$/.test(value))
    .map(([path]) => path)
    .slice(0, MOST);
}

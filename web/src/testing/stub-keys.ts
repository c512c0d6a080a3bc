// Secret values, the age identity and holds of the stub.
import type { SecretDiff, SecretInput } from '../api/types';
import { missing, now, ok, pageOf, refuse } from './stub-answers.ts';
import { defaults } from './stub-data.ts';
import type { Stub } from './stub.ts';

/** The names of what a mapping holds. */
function namesOf(value: unknown, path: string[] = []): string[] {
  if (typeof value !== 'object' || value === null) return [path.map((part) => part.replaceAll('.', String.raw`\.`)).join('.')];
  return Object.entries(value).flatMap(([name, below]) => namesOf(below, [...path, name]));
}

/** Stores secret values; tells whether they stand on the version that is there. */
export function putSecrets(stub: Stub, application: string, { environment, set, remove, number }: SecretInput): boolean {
  const place = `${application}/${environment}`;
  const before = stub.secrets.get(place);
  if (number !== undefined && number !== (before?.number ?? 0)) return false;
  const keys = [...new Set([...(before?.keys ?? []), ...(set ? namesOf(JSON.parse(set)) : [])])].filter((key) => !remove?.includes(key));
  stub.secrets.set(place, { number: (before?.number ?? 0) + 1, keys: keys.toSorted(), author: 'admin', created_at: now() });
  return true;
}

function secretValues(stub: Stub) {
  stub.on('GET', '/applications/*/secret-values', ({ search }, [name]) => ok(stub.secrets.get(`${name}/${search.get('environment')}`) ?? null));
  stub.on('PUT', '/applications/*/secret-values', ({ body, search, headers }, [name = '']) => {
    const place = `${name}/${search.get('environment')}`;
    const number = Number(headers['if-match']?.replaceAll('"', ''));
    if (!putSecrets(stub, name, { environment: search.get('environment') ?? '', ...(body as object), number })) return refuse(412, 'stale', 'Someone else saved these secret values.');
    return ok(stub.secrets.get(place));
  });
}

function ageIdentity(stub: Stub) {
  stub.on('GET', '/age-identity', () => ok(stub.ageIdentity));
  stub.on('GET', '/age-identity/reseal', () => ok(stub.reseal));
  stub.on('POST', '/age-identity/reseal', () => {
    stub.reseal = { total: 2, done: 1, failed: [], ended: false, requested_by: 'admin', requested_at: now() };
    return ok(stub.reseal, 202);
  });
  stub.on('POST', '/age-identity/import', ({ body }) =>
    String(body.identity).startsWith('AGE-SECRET-KEY-1') ? ok(stub.ageIdentity) : refuse(422, 'identity_wrong', 'This is no age identity.', { errors: [{ field: 'identity', code: 'wrong', message: 'This is no age identity.' }] }));
  stub.on('POST', '/age-identity/export', ({ body }) => {
    if (!String(body.password).startsWith('correct horse')) return refuse(403, 'password_wrong', 'This is not your password.', { errors: [{ field: 'password', code: 'wrong', message: 'This is not your password.' }] });
    stub.ageIdentity.exported_at = now();
    return ok({ identity: 'AGE-SECRET-KEY-1STUB' });
  });
  stub.on('POST', '/age-identity/rotate', () => {
    const { recipient, created_at: at, earlier } = stub.ageIdentity;
    stub.ageIdentity = { recipient: `age1new${recipient.slice(7)}`, created_at: now(), exported_at: null, earlier: [{ recipient, created_at: at }, ...earlier] };
    return ok(stub.ageIdentity);
  });
}

function holds(stub: Stub) {
  const place = '/applications/*/environments/*/hold';
  stub.on('PUT', place, ({ body }, [name, environment]) => {
    const hold = { by: 'admin', reason: String(body.reason), deployment: null, created_at: now() };
    stub.holds.set(`${name}/${environment}`, hold);
    return ok(hold);
  });
  stub.on('DELETE', place, (_, [name, environment]) => {
    stub.holds.delete(`${name}/${environment}`);
    return ok(undefined, 204);
  });
}

const secrets: SecretDiff[] = [{ object: 'Secret/production/shop', entries: [{ name: 'password', change: 'changed' }, { name: 'user', change: 'same' }] }];

/** The routes of what was deployed. */
function history(stub: Stub) {
  stub.on('GET', '/applications/*/deployments', ({ search }, [name]) =>
    pageOf(stub.deployments.filter((each) => each.application === name && (!search.get('environment') || each.environment === search.get('environment'))).toReversed(), search),
  );
  stub.on('GET', '/applications/*/deployments/*', (_, [name, number]) => {
    const found = stub.deployments.find((each) => each.application === name && each.number === Number(number));
    return found ? ok(found) : missing();
  });
  stub.on('GET', '/applications/*/deployments/*/files', () => ok({ items: [{ path: 'values.yaml', blob: 'b'.repeat(40) }] }));
}

/** The routes of what is kept secret, and of the way back. */
export function keys(stub: Stub) {
  secretValues(stub);
  ageIdentity(stub);
  holds(stub);
  history(stub);
  stub.on('GET', '/applications/*/deployments/*/diff', ({ search }, [name, number]) => {
    const of = (wanted: string | null | undefined) => stub.deployments.find((each) => each.application === name && each.number === Number(wanted));
    const [one, other] = [of(number), of(search.get('with'))];
    if (!one || !other) return missing();
    const same = (one.image || one.chart.version) === (other.image || other.chart.version);
    return ok({ from: other.number, inputs: [], values: null, manifests: same ? [] : defaults.preview(one.image).manifests, chart: [], secrets: same ? [] : secrets });
  });
  stub.on('PATCH', '/applications/*', ({ body }, [name]) => {
    const found = stub.applications.find((each) => each.name === name);
    if (!found) return missing();
    const [template = '', version = '0.1.0'] = String(body.template).split('@');
    found.source = { kind: 'template', repository: null, name: template, version };
    found.version += 1;
    return ok(stub.withDeployments(found));
  });
}

// The health rules of the stub: it evaluates nothing.
import type { HealthExpressions, HealthRule, HealthTrial } from '../api/types';
import { id, now, ok, page, refuse } from './stub-answers.ts';
import type { Stub } from './stub.ts';

const wrong = (field: string, message: string) => refuse(422, 'invalid', message, { errors: [{ field, code: 'bad_expression', message }] });

/** A health rule as the API gives it. */
export function healthRuleOf(name: string, change: Partial<HealthRule> = {}): HealthRule {
  const [kind = '', ...group] = name.split('.');
  return { id: id(), name, kind, group: group.join('.'), current: 'status.ready', in_progress: null, failed: null, message: null, saved_by: 'admin', saved_at: now(), created_at: now(), version: 1, ...change };
}

/** The routes of health rules. */
export function healthRules(stub: Stub) {
  stub.on('GET', '/health-rules', () => page(stub.healthRules));
  stub.on('PUT', '/health-rules/*', ({ body }, [name = '']) => {
    const input = body as unknown as HealthExpressions;
    if (input.current.includes('sttaus')) return wrong('current', 'Line 1, column 1: There is no `sttaus`.');
    const before = stub.healthRules.find((each) => each.name === name);
    const stored = healthRuleOf(name, { ...before, ...input, version: (before?.version ?? 0) + 1 });
    stub.healthRules = [...stub.healthRules.filter((each) => each.name !== name), stored];
    return ok(stored, before ? 200 : 201);
  });
  stub.on('DELETE', '/health-rules/*', (_, [name]) => {
    stub.healthRules = stub.healthRules.filter((each) => each.name !== name);
    return ok(undefined, 204);
  });
  stub.on('POST', '/health-trials', ({ body }) => {
    const { object, rule } = body as { object: string; rule: HealthExpressions | null };
    if (!object.includes('kind:')) return wrong('object', 'Paste an object, as kubectl get -o yaml prints it.');
    if (rule?.current.includes('sttaus')) return wrong('rule.current', 'Line 1, column 1: There is no `sttaus`.');
    const trial: HealthTrial = {
      name: 'Widget.acme.dev',
      by: rule ? 'given' : 'table',
      status: 'progressing',
      message: 'its health rule does not say that it is current (there is no `ready`)',
      steps: [{ expression: 'current', answer: 'missing', said: 'there is no `ready`' }],
    };
    return ok(trial);
  });
}

// The types that the page is written against agree with the description of the API: what it sends fits what
// the page expects, and every call of the page is an operation.
import { expect, it } from 'vitest';
import type * as api from './generated/schema';
import { operations } from './generated/operations';
import type * as page from './types';

/** Words of a closed set are plain text in some places of the description. */
type Wide<T> = T extends string ? string : T extends (infer E)[] ? Wide<E>[] : T extends object ? { [K in keyof T]: Wide<T[K]> } : T;
type Fits<Sent extends Expected, Expected> = Sent;

export type Agreement = [
  Fits<api.Session, Wide<page.Session>>,
  Fits<api.User, Wide<page.User>>,
  Fits<api.Token, Wide<page.Token>>,
  Fits<api.Project, Wide<page.Project>>,
  Fits<api.Environment, Wide<page.Environment>>,
  Fits<api.Provider, Wide<page.Provider>>,
  Fits<api.GitopsConfig, Wide<page.GitopsConfig>>,
  Fits<api.Check, Wide<page.Check>>,
  Fits<api.Gate, Wide<page.Gate>>,
  Fits<api.Template, Wide<page.Template>>,
  Fits<api.Application, Wide<page.Application>>,
  Fits<api.Values, Wide<page.Values>>,
  Fits<api.Preview, Wide<page.Preview>>,
  Fits<api.Deployment, Wide<page.Deployment>>,
  Fits<api.HealthRule, Wide<page.HealthRule>>,
  Fits<api.HealthTrial, Wide<page.HealthTrial>>,
  Fits<api.AgeIdentity, Wide<page.AgeIdentity>>,
  Fits<api.SecretValues, Wide<page.SecretValues>>,
  Fits<api.Hold, Wide<page.Hold>>,
  Fits<api.AuditEntry, Wide<page.AuditEntry>>,
];

it('calls only what there is', () => {
  const sources = import.meta.glob<string>('../features/**/*.{ts,tsx}', { query: '?raw', import: 'default', eager: true });
  const calls = Object.entries(sources)
    .filter(([file]) => !file.includes('.test.'))
    .flatMap(([, source]) => [...source.matchAll(/call(?:<.*>)?\(\s*'([A-Z]+)',\s*(?:'([^']+)'|`([^`]+)`|pathOf\(name\))/g)])
    .map(([, method, plain, pattern]) => `${method} ${(plain ?? pattern ?? '/gitops-configs/{}').replaceAll(/\$\{base\(name\)\}/g, '/applications/{}').replaceAll(/\$\{pathOf\(name\)\}/g, '/gitops-configs/{}')}`)
    .map((call) => call.replaceAll(/\?.*|\$\{query\(.*/g, '').replaceAll(/\$\{[^}]*\}/g, '{}'));
  const known = new Set(operations.map((operation) => operation.replaceAll(/\{[^}]*\}/g, '{}')));
  expect(calls.length).toBeGreaterThan(35);
  expect(calls.filter((each) => !known.has(each))).toEqual([]);
});

// The rules of the account form: what it starts with, what is sent, what has to be entered again.
import type { Deletion, GitopsConfig, GitopsConfigInput, Provider, ProviderCredential, RepositorySource, Visibility } from '../../api/types';

export interface AccountDraft {
  name: string;
  /** Whether the name was typed, and no longer follows what owns the repositories. */
  named: boolean;
  host: string;
  /** Whether the switch for another host is on. */
  otherHost: boolean;
  fields: Record<string, string>;
  credential: string;
  secret: string;
  ca: string;
  clientCertificate: string;
  clientKey: string;
  proxy: string;
  proxyPassword: string;
  source: RepositorySource;
  /** A repository that the check may push to, where none is created; it is not stored. */
  checkRepository: string;
  prefix: string;
  branch: string;
  visibility: Visibility;
  deletion: Deletion;
  committerName: string;
  committerEmail: string;
  activate: boolean;
  /** The version that was read when the first change was typed. */
  base: number;
}

/** Turns any text into a valid name; empty when nothing of it is left. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .replace(/-+$/, '')
    .slice(0, 50)
    .replace(/-+$/, '');
}

/** A name for a new account that no other one has. */
export function freeName(wanted: string, taken: string[]): string {
  const base = slug(wanted) || 'git';
  let name = base;
  for (let n = 2; taken.includes(name); n += 1) name = `${base}-${n}`;
  return name;
}

/** What the form of a stored account, or of a new one, starts with. */
export function draftOf(provider: Provider, config: GitopsConfig | null): AccountDraft {
  const rules = config?.repositories;
  return {
    name: config?.name ?? '',
    named: config !== null,
    host: config?.host ?? provider.host.default,
    otherHost: config !== null && provider.host.fixed && config.host !== provider.host.default,
    fields: Object.fromEntries(provider.fields.map((field) => [field.name, String(config?.[field.name as keyof GitopsConfig] ?? '')])),
    credential: config?.credential ?? provider.credentials[0]?.kind ?? '',
    secret: '',
    ca: config?.ca_pem ?? '',
    clientCertificate: config?.client_certificate_pem ?? '',
    clientKey: '',
    proxy: config?.proxy ?? '',
    proxyPassword: '',
    source: rules?.source ?? (provider.creates ? 'per-application' : 'ask'),
    checkRepository: '',
    prefix: rules?.prefix ?? 'gitops',
    branch: rules?.default_branch ?? '',
    visibility: rules?.visibility ?? 'private',
    deletion: rules?.deletion ?? 'keep',
    committerName: rules?.committer_name ?? 'Trueline',
    committerEmail: rules?.committer_email ?? 'trueline@localhost',
    activate: config?.active ?? true,
    base: config?.version ?? 0,
  };
}

/** The credential chosen in the form. */
export function credentialOf(provider: Provider, draft: AccountDraft): ProviderCredential | undefined {
  return provider.credentials.find((each) => each.kind === draft.credential) ?? provider.credentials[0];
}

const same = (typed: string, stored: string | null) => typed.trim() === (stored ?? '').trim();

const bare = (host: string) => host.trim().replace(/\/+$/, '');

/** Whether a stored secret may not be sent with these entries. */
export function addressChanged(draft: AccountDraft, config: GitopsConfig): boolean {
  return bare(draft.host) !== bare(config.host) || !same(draft.ca, config.ca_pem) || !same(draft.clientCertificate, config.client_certificate_pem) || !same(draft.proxy, config.proxy);
}

/** Whether the secret's field has to be filled in. */
export function secretNeeded(provider: Provider, draft: AccountDraft, config: GitopsConfig | null): boolean {
  if (!credentialOf(provider, draft)?.secret_label) return false;
  return !config?.has_secret || addressChanged(draft, config) || draft.credential !== config.credential;
}

/** Whether the key of the client certificate has to be entered: a stored one is never used with another address. */
export function keyNeeded(draft: AccountDraft, config: GitopsConfig | null): boolean {
  return draft.clientCertificate.trim() !== '' && (!config?.client_certificate_pem || addressChanged(draft, config));
}

/** What owns the repositories: organization, group, project or workspace, whatever the provider calls it. */
export function scopeOf(provider: Provider, draft: AccountDraft): string {
  const field = provider.fields.find((each) => each.scope);
  return field ? (draft.fields[field.name] ?? '').trim() : '';
}

/** The name that will be used: as typed, else after what owns the repositories, else after the provider. */
export function nameOf(provider: Provider, draft: AccountDraft, taken: string[]): string {
  return draft.named ? draft.name : freeName(scopeOf(provider, draft) || provider.kind, taken);
}

export interface Misfit {
  /** What the secret looks like: a kind of credential, and of another provider its name. */
  looks: string;
  /** The kind to choose instead, when this provider has it. */
  kind: string | null;
}

/** Whether a secret begins as those of another kind do, and not as those of the chosen one. */
export function misfit(providers: Provider[], provider: Provider, draft: AccountDraft): Misfit | null {
  const secret = draft.secret.trim();
  const chosen = credentialOf(provider, draft);
  const all = providers.flatMap((each) => each.credentials.flatMap((credential) => credential.prefixes.map((prefix) => ({ prefix, credential, provider: each }))));
  const found = all.filter((each) => secret.startsWith(each.prefix)).toSorted((a, b) => b.prefix.length - a.prefix.length);
  const longest = found.filter((each) => each.prefix.length === found[0]?.prefix.length);
  if (longest.length === 0 || longest.some((each) => each.provider === provider && each.credential === chosen)) return null;
  const here = longest.find((each) => each.provider === provider);
  const other = here ?? longest[0]!;
  return { looks: here ? other.credential.label : `${other.provider.label}: ${other.credential.label}`, kind: here ? other.credential.kind : null };
}

/** Whether applications name their repositories, so that none is created. */
export function asks(provider: Provider, draft: AccountDraft): boolean {
  return !provider.creates || draft.source === 'ask';
}

/** What a new repository will be called, with its place. */
export function repositoryExample(provider: Provider, draft: AccountDraft, application: string): string {
  const between = provider.kind === 'azure-devops' ? '_git' : '';
  const place = [bare(draft.host).replace(/^https?:\/\//, ''), scopeOf(provider, draft), between].filter(Boolean);
  const name = [draft.prefix.trim(), application].filter(Boolean).join('-');
  return provider.host.label ? [...place, name].join('/') : name;
}

const orNull = (text: string) => (text.trim() ? text : null);

/** The request's body. An empty secret is left out: the stored one is kept. */
export function inputOf(provider: Provider, draft: AccountDraft): GitopsConfigInput {
  const asked = (name: string) => name !== 'username' || (credentialOf(provider, draft)?.username ?? false);
  const trimmed = Object.fromEntries(provider.fields.map((field) => [field.name, asked(field.name) ? (draft.fields[field.name] ?? '').trim() : '']));
  return {
    provider: provider.kind,
    host: draft.host.trim(),
    ...trimmed,
    credential: draft.credential,
    ...(draft.secret ? { secret: draft.secret } : {}),
    ca_pem: orNull(draft.ca),
    client_certificate_pem: orNull(draft.clientCertificate),
    ...(draft.clientKey ? { client_key_pem: draft.clientKey } : {}),
    proxy: orNull(draft.proxy.trim()),
    ...(draft.proxyPassword ? { proxy_password: draft.proxyPassword } : {}),
    repositories: {
      source: provider.creates ? draft.source : 'ask',
      prefix: draft.prefix.trim(),
      default_branch: draft.branch.trim() || null,
      visibility: draft.visibility,
      deletion: draft.deletion,
      committer_name: draft.committerName.trim(),
      committer_email: draft.committerEmail.trim(),
    },
    activate: draft.activate,
    ...(asks(provider, draft) && draft.checkRepository.trim() ? { check_repository: draft.checkRepository.trim() } : {}),
  };
}

export interface Selection {
  provider: Provider;
  config: GitopsConfig | null;
}

export interface GitopsSearch {
  account?: string | undefined;
  provider?: string | undefined;
  add?: boolean | undefined;
}

/** Which provider and account the address means. */
export function select(providers: Provider[], configs: GitopsConfig[], search: GitopsSearch): Selection | null {
  const ordered = configs.toSorted((a, b) => Number(b.active) - Number(a.active));
  const kind = (name: string | undefined) => providers.find((each) => each.kind === name);
  const named = ordered.find((config) => config.name === search.account);
  const asked = kind(search.provider);
  const config = named ?? (asked ? (search.add ? undefined : ordered.find((each) => each.provider === asked.kind)) : ordered.find((each) => kind(each.provider)));
  const provider = (config && kind(config.provider)) ?? asked ?? providers.find((each) => each.prominent) ?? providers[0];
  return provider ? { provider, config: config ?? null } : null;
}

// The rules of the account form: what it starts with, what is sent, what has to be entered again.
import type { Deletion, GitopsConfig, GitopsConfigInput, Provider, ProviderCredential, RepositorySource, Visibility } from '../../api/types';

export interface AccountDraft {
  name: string;
  /** Whether the name was typed, and no longer follows the organization. */
  named: boolean;
  host: string;
  /** Whether the switch for another host is on. */
  otherHost: boolean;
  fields: Record<string, string>;
  credential: string;
  secret: string;
  ca: string;
  source: RepositorySource;
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
    source: rules?.source ?? 'per-application',
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

const bare = (host: string) => host.trim().replace(/\/+$/, '');

/** Whether a stored secret may not be sent with these entries. */
export function addressChanged(draft: AccountDraft, config: GitopsConfig): boolean {
  return bare(draft.host) !== bare(config.host) || draft.ca.trim() !== (config.ca_pem ?? '').trim();
}

/** Whether the secret's field has to be filled in. */
export function secretNeeded(provider: Provider, draft: AccountDraft, config: GitopsConfig | null): boolean {
  if (!credentialOf(provider, draft)?.secret_label) return false;
  return !config?.has_secret || addressChanged(draft, config) || draft.credential !== config.credential;
}

/** The name that will be used: as typed, else after the organization, else after the provider. */
export function nameOf(provider: Provider, draft: AccountDraft, taken: string[]): string {
  return draft.named ? draft.name : freeName(draft.fields.organization || provider.kind, taken);
}

/** When an address was pasted where a name belongs: the name in it. */
export function ownerIn(text: string): string | null {
  const match = /^https?:\/\/[^/]+\/(?:orgs\/|users\/)?([^/?#]+)/.exec(text.trim());
  return match?.[1] ?? null;
}

/** What a new repository will be called, with its place. */
export function repositoryExample(provider: Provider, draft: AccountDraft, application: string): string {
  const place = [bare(draft.host).replace(/^https?:\/\//, ''), draft.fields.organization].filter(Boolean);
  const name = [draft.prefix.trim(), application].filter(Boolean).join('-');
  return provider.host.label ? [...place, name].join('/') : name;
}

/** The request's body. An empty secret is left out: the stored one is kept. */
export function inputOf(provider: Provider, draft: AccountDraft): GitopsConfigInput {
  const trimmed = Object.fromEntries(provider.fields.map((field) => [field.name, (draft.fields[field.name] ?? '').trim()]));
  return {
    provider: provider.kind,
    host: draft.host.trim(),
    ...trimmed,
    credential: draft.credential,
    ...(draft.secret ? { secret: draft.secret } : {}),
    ca_pem: draft.ca.trim() ? draft.ca : null,
    repositories: {
      source: draft.source,
      prefix: draft.prefix.trim(),
      default_branch: draft.branch.trim() || null,
      visibility: draft.visibility,
      deletion: draft.deletion,
      committer_name: draft.committerName.trim(),
      committer_email: draft.committerEmail.trim(),
    },
    activate: draft.activate,
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

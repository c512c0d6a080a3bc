// The providers of the stub: the shape of what the API serves, with few words.
import type { Provider, ProviderCredential, ProviderField, Scope } from '../api/types';

const docs = 'https://docs.example.dev';
const scope = (name: string, need: Scope['need'], purpose = `what ${name} is for`): Scope => ({ name, need, purpose });
const field = (name: string, label: string, change: Partial<ProviderField> = {}): ProviderField => ({ name, label, required: true, scope: false, hint: `What ${label} is.`, docs_url: docs, ...change });
const username = field('username', 'Username');
const host = (address: string, change: Partial<Provider['host']> = {}) => ({ label: 'Git host', default: address, fixed: true, switch: '', hint: `For example ${address}.`, ...change });
const credential = (kind: string, label: string, change: Partial<ProviderCredential> = {}): ProviderCredential => ({
  kind, label, secret_label: label, username: false, prefixes: [], hint: `What a ${label.toLowerCase()} is.`, create_url: '{host}/settings/tokens', scopes: [], ...change,
});
const kind = (change: Pick<Provider, 'kind' | 'label' | 'host' | 'fields' | 'credentials'> & Partial<Provider>): Provider => ({ prominent: true, creates: true, archives: true, docs_url: docs, ...change });

export const providers: Provider[] = [
  kind({
    kind: 'github',
    label: 'GitHub',
    host: host('https://github.com', { switch: 'Use GitHub Enterprise Server' }),
    fields: [field('organization', 'GitHub Organization Name', { scope: true }), username],
    credentials: [
      credential('classic-token', 'Personal access token (classic)', {
        secret_label: 'Personal Access Token',
        username: true,
        prefixes: ['ghp_'],
        create_url: '{host}/settings/tokens/new?scopes=repo,delete_repo',
        scopes: [scope('repo', 'required', 'create, read and write private repositories'), scope('delete_repo', 'optional', 'only to delete repositories'), scope('admin:org', 'not-needed')],
      }),
      credential('fine-grained-token', 'Fine-grained token', { secret_label: 'Fine-grained Token', username: true, prefixes: ['github_pat_'], scopes: [scope('Contents', 'required'), scope('Administration', 'required')] }),
    ],
  }),
  kind({
    kind: 'gitlab',
    label: 'GitLab',
    host: host('https://gitlab.com', { fixed: false }),
    fields: [field('group', 'GitLab Group ID', { scope: true }), username],
    credentials: [
      credential('personal-token', 'Personal access token', { secret_label: 'Personal Access Token', username: true, prefixes: ['glpat-'], scopes: [scope('api', 'required'), scope('write_repository', 'required')] }),
      credential('group-token', 'Group access token', { prefixes: ['glpat-'], scopes: [scope('api', 'required')] }),
      credential('project-token', 'Project access token', { prefixes: ['glpat-'] }),
    ],
  }),
  kind({
    kind: 'azure-devops',
    label: 'Azure DevOps',
    archives: false,
    host: host('https://dev.azure.com/', { label: 'Azure DevOps Organisation Url', fixed: false }),
    fields: [field('project', 'Azure DevOps Project Name', { scope: true }), username],
    credentials: [credential('organization-token', 'Personal access token', { secret_label: 'Personal Access Token', username: true, scopes: [scope('Code: manage', 'required')] })],
  }),
  kind({
    kind: 'bitbucket-cloud',
    label: 'Bitbucket Cloud',
    archives: false,
    host: host('https://bitbucket.org'),
    fields: [field('workspace', 'Bitbucket Workspace ID', { scope: true }), field('project_key', 'Bitbucket Project Key', { required: false, hint: 'Empty: your oldest project.' }), field('username', 'Atlassian e-mail')],
    credentials: [
      credential('api-token', 'API token', { username: true, prefixes: ['ATATT'], scopes: [scope('read:repository:bitbucket', 'required')] }),
      credential('access-token', 'Access token', { prefixes: ['ATCTT'] }),
    ],
  }),
  kind({ kind: 'gitea', label: 'Gitea', prominent: false, host: host('', { fixed: false }), fields: [field('organization', 'Gitea Organization', { scope: true })], credentials: [credential('token', 'Token', { create_url: '{host}/user/settings/applications' })] }),
  kind({ kind: 'git', label: 'Git server', prominent: false, creates: false, archives: false, host: host('', { fixed: false }), fields: [username], credentials: [credential('password', 'Password', { username: true, create_url: '' })] }),
  kind({
    kind: 'built-in',
    label: 'Built-in',
    prominent: false,
    host: host('', { label: '', hint: '' }),
    fields: [],
    credentials: [credential('none', 'None needed', { secret_label: '', create_url: '', hint: 'Repositories are kept in Trueline’s own data folder and served by Trueline itself. Good for trying things out.' })],
    docs_url: '',
  }),
];

/** A provider of the stub. */
export const providerOf = (wanted: string): Provider => providers.find((each) => each.kind === wanted)!;

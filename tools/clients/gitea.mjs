// gitea-js, the client that Gitea's documentation names: lists, creates, reads and deletes a repository on the
// host whose line of JSON is in $SIMULATED_HOST.
import { giteaApi } from "gitea-js";

const host = JSON.parse(process.env.SIMULATED_HOST);
const [account] = host.accounts;
const api = giteaApi(host.url, { token: account.tokens[0].token });
const step = (text) => console.log(`gitea-js: ${text}`);

const { data: me } = await api.user.userGetCurrent();
if (me.login !== account.username) throw new Error(`signed in as ${me.login}`);
step(`signed in as ${me.login}`);

const count = async () => (await api.orgs.orgListRepos(host.scope)).data.length;
const before = await count();
step(`${before} repositories in ${host.scope}`);

const { data: made } = await api.orgs.createOrgRepo(host.scope, { name: "client-trial", private: true });
step(`created ${made.full_name}`);

const { data: read } = await api.repos.repoGet(host.scope, "client-trial");
if (read.id !== made.id || !read.private) throw new Error("another repository was read");
step(`read ${read.full_name}, empty: ${read.empty}`);

await api.repos.repoDelete(host.scope, "client-trial");
if ((await count()) !== before) throw new Error("it was not deleted");
step("deleted it");

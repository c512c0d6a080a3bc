// bitbucket, the client for JavaScript: lists, creates, reads and deletes a repository on the host whose line of JSON
// is in $SIMULATED_HOST.
import bitbucketClient from "bitbucket";

const { Bitbucket } = bitbucketClient;
const host = JSON.parse(process.env.SIMULATED_HOST);
const auth = { username: host.entered.username, password: host.accounts[0].tokens[0].token };
const bitbucket = new Bitbucket({ baseUrl: host.api, auth, notice: false });
const workspace = host.scope;
const step = (text) => console.log(`bitbucket: ${text}`);

const { data: user } = await bitbucket.users.getAuthedUser({});
step(`signed in as ${user.display_name}`);
const count = async () => (await bitbucket.repositories.list({ workspace })).data.values.length;
const before = await count();
step(`${before} repositories in ${workspace}`);

const repo_slug = "client-trial";
const _body = { scm: "git", is_private: true, project: { key: "OPS" } };
const { data: made } = await bitbucket.repositories.create({ workspace, repo_slug, _body });
step(`created ${made.full_name} as ${made.uuid} in ${made.project.key}`);
const { data: read } = await bitbucket.repositories.get({ workspace, repo_slug });
if (read.uuid !== made.uuid || read.mainbranch !== null) throw new Error("another repository was read");
step(`read ${read.links.html.href}`);
await bitbucket.repositories.delete({ workspace, repo_slug });
if ((await count()) !== before) throw new Error("it was not deleted");
step("deleted it");

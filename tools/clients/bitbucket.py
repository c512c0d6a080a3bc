"""atlassian-python-api, the client for Python: lists, creates, reads and deletes a repository on the host whose line
of JSON is in $SIMULATED_HOST."""

import json
import os

from atlassian.bitbucket import Cloud

host = json.loads(os.environ["SIMULATED_HOST"])
token = host["accounts"][0]["tokens"][0]["token"]
cloud = Cloud(url=host["url"], username=host["entered"]["username"], password=token, cloud=True)


def step(text):
    print(f"atlassian-python-api: {text}")


workspace = cloud.workspaces.get(host["scope"])
projects = [p.key for p in workspace.projects.each()]
step(f"projects of {workspace.slug}: {', '.join(projects)}")
before = len(list(workspace.repositories.each()))
step(f"{before} repositories")

made = workspace.repositories.create("client-trial", project_key="OPS")
step(f"created {made.slug} as {made.uuid}")
read = workspace.repositories.get("client-trial")
assert read.uuid == made.uuid
step(f"read {read.name}")
read.delete()
assert len(list(workspace.repositories.each())) == before
step("deleted it")

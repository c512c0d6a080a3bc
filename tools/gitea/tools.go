//go:build tools

// Package tools pins the Gitea server that the tests of the provider `gitea` run against.
package tools

import _ "code.gitea.io/gitea"

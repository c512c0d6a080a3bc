//go:build tools

// Package tools pins the etcd that the API servers of the tests keep their objects in.
package tools

import _ "go.etcd.io/etcd/server/v3"

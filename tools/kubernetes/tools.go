//go:build tools

// Package tools pins the parts of Kubernetes that the tests of the engine run against, and kwok, which plays
// the nodes. They share a module so that what they have in common is compiled once.
package tools

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kube-scheduler"
	_ "sigs.k8s.io/kwok/cmd/kwok"
)

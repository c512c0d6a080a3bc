// Flux's kustomize-controller without a cluster: it builds a folder, opens what is sealed, and prints the objects that
// it would apply, one a line, as JSON. The steps are those of `generate` and `build` in
// internal/controller/kustomization_controller.go; they are in a module of that name because Go lets nobody else in.
package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/kustomize-controller/internal/decryptor"
	"github.com/fluxcd/pkg/apis/meta"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// keys answers for the cluster: it has the Secret with the age identities, and nothing else.
type keys struct {
	client.Client
	identities []byte
}

func (k keys) Get(_ context.Context, _ client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	secret, ok := object.(*corev1.Secret)
	if !ok {
		return fmt.Errorf("there is no %T here", object)
	}
	secret.Data = map[string][]byte{"identity.agekey": k.identities}
	return nil
}

// Arguments: the folder of a clone, and the folder in it that is applied, absolute. The age identities come from
// FLUX_AGE_IDENTITIES.
func run(root, path string) error {
	kustomization := kustomizev1.Kustomization{
		TypeMeta:   metav1.TypeMeta{APIVersion: kustomizev1.GroupVersion.String(), Kind: kustomizev1.KustomizationKind},
		ObjectMeta: metav1.ObjectMeta{Name: "trueline", Namespace: "flux-system"},
		Spec: kustomizev1.KustomizationSpec{
			Decryption: &kustomizev1.Decryption{
				Provider:  decryptor.DecryptionProviderSOPS,
				SecretRef: &meta.LocalObjectReference{Name: "age"},
			},
		},
	}
	if err := generate(path); err != nil {
		return err
	}
	held := keys{identities: []byte(os.Getenv("FLUX_AGE_IDENTITIES"))}
	opener, cleanup, err := decryptor.New(held, &kustomization, decryptor.WithRoot(root))
	if err != nil {
		return err
	}
	defer cleanup()
	if err := opener.ImportKeys(context.Background()); err != nil {
		return err
	}
	if err := opener.DecryptSources(path); err != nil {
		return err
	}
	options := krusty.Options{LoadRestrictions: types.LoadRestrictionsNone, PluginConfig: types.DisabledPluginConfig()}
	built, err := krusty.MakeKustomizer(&options).Run(filesys.MakeFsOnDisk(), path)
	if err != nil {
		return err
	}
	for _, object := range built.Resources() {
		opened, err := opener.DecryptResource(object)
		if err != nil {
			return err
		}
		if opened != nil {
			object = opened
		}
		text, err := object.MarshalJSON()
		if err != nil {
			return err
		}
		fmt.Println(string(text))
	}
	return nil
}

// generate writes what Flux does for a folder without a kustomization: a list of all of its manifests.
func generate(path string) error {
	kustomization := types.Kustomization{
		TypeMeta: types.TypeMeta{APIVersion: types.KustomizationVersion, Kind: types.KustomizationKind},
	}
	err := filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(file) != ".yaml" {
			return err
		}
		below, err := filepath.Rel(path, file)
		kustomization.Resources = append(kustomization.Resources, below)
		return err
	})
	if err != nil {
		return err
	}
	text, err := yaml.Marshal(kustomization)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(path, "kustomization.yaml"), text, 0o600)
}

// version is set by the linker.
var version string

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "Flux's kustomize-controller "+version+"; usage: flux CLONE FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

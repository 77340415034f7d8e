// What a Kubernetes API server answers to requests under ValidatingAdmissionPolicies: its own admission plugin, with a cluster that lies in memory.
//
//	ashlar-cluster-admission MANIFEST... <CASES >ANSWERS
//
// Manifests are policies, bindings and namespaces in YAML, several documents a file; a field that the API does not have is a fault. A case is a line of JSON:
// {"namespace": "prod", "operation": "CREATE", "subresource": "", "object": {…}}. An answer is a line, too: {"allowed": false, "message": "…"}.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/initializer"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/util/compatibility"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
)

var decoder = serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()

func die(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "ashlar-cluster-admission:", err)
		os.Exit(1)
	}
}

// The defaults that the server sets when a policy is stored (k8s.io/kubernetes/pkg/apis/admissionregistration/v1/defaults.go).
func setDefaults(match *admissionregistrationv1.MatchResources) {
	if match == nil {
		return
	}
	if match.MatchPolicy == nil {
		equivalent := admissionregistrationv1.Equivalent
		match.MatchPolicy = &equivalent
	}
	if match.NamespaceSelector == nil {
		match.NamespaceSelector = &metav1.LabelSelector{}
	}
	if match.ObjectSelector == nil {
		match.ObjectSelector = &metav1.LabelSelector{}
	}
	for _, rules := range [][]admissionregistrationv1.NamedRuleWithOperations{match.ResourceRules, match.ExcludeResourceRules} {
		for i := range rules {
			if rules[i].Scope == nil {
				all := admissionregistrationv1.AllScopes
				rules[i].Scope = &all
			}
		}
	}
}

// Whether a document has nothing but comments, which kubectl passes over, too.
func isEmpty(document string) bool {
	for _, line := range strings.Split(document, "\n") {
		if line = strings.TrimSpace(line); line != "" && line != "---" && !strings.HasPrefix(line, "#") {
			return false
		}
	}
	return true
}

func readManifests(paths []string) (objects []runtime.Object, policies, bindings int) {
	for _, path := range paths {
		file, err := os.Open(path)
		die(err)
		reader := utilyaml.NewYAMLReader(bufio.NewReader(file))
		for {
			text, err := reader.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			die(err)
			if isEmpty(string(text)) {
				continue
			}
			object, _, err := decoder.Decode(text, nil, nil)
			if err != nil {
				die(fmt.Errorf("%s: %w", path, err))
			}
			switch each := object.(type) {
			case *admissionregistrationv1.ValidatingAdmissionPolicy:
				policies++
				setDefaults(each.Spec.MatchConstraints)
			case *admissionregistrationv1.ValidatingAdmissionPolicyBinding:
				bindings++
				setDefaults(each.Spec.MatchResources)
			}
			objects = append(objects, object)
		}
	}
	return objects, policies, bindings
}

type request struct {
	Namespace   string          `json:"namespace"`
	Operation   string          `json:"operation"`
	Subresource string          `json:"subresource"`
	Object      json.RawMessage `json:"object"`
}

type answer struct {
	Allowed bool   `json:"allowed"`
	Message string `json:"message"`
}

func ask(plugin *validating.Plugin, line []byte, interfaces admission.ObjectInterfaces) answer {
	wanted := request{Operation: "CREATE", Namespace: "default"}
	die(json.Unmarshal(line, &wanted))
	object, kind, err := decoder.Decode(wanted.Object, nil, nil)
	if err != nil {
		return answer{false, "the object is not one of the API: " + err.Error()}
	}
	resource, _ := meta.UnsafeGuessKindToResource(*kind)
	accessor, err := meta.Accessor(object)
	die(err)
	var old runtime.Object
	if wanted.Operation == "UPDATE" {
		old = object.DeepCopyObject()
	}
	attributes := admission.NewAttributesRecord(object, old, *kind, wanted.Namespace, accessor.GetName(), resource, wanted.Subresource, admission.Operation(wanted.Operation), nil, false, &user.DefaultInfo{Name: "someone"})
	if err := plugin.Validate(context.Background(), attributes, interfaces); err != nil {
		return answer{false, err.Error()}
	}
	return answer{true, ""}
}

func main() {
	objects, policies, bindings := readManifests(os.Args[1:])
	stop, cancel := context.WithCancel(context.Background())
	defer cancel()
	client := fake.NewClientset(objects...)
	factory := informers.NewSharedInformerFactory(client, 0)
	plugin, err := validating.NewPlugin(nil)
	die(err)
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{{Version: "v1"}})
	initializer.New(client, dynamicfake.NewSimpleDynamicClient(scheme.Scheme), factory, authorizerfactory.NewAlwaysDenyAuthorizer(), utilfeature.DefaultFeatureGate, compatibility.DefaultBuildEffectiveVersion(), stop.Done(), mapper).Initialize(plugin)
	plugin.SetRESTMapper(mapper)
	plugin.SetEnabled(true)
	die(plugin.ValidateInitialization())
	factory.Start(stop.Done())
	factory.WaitForCacheSync(stop.Done())
	if !plugin.WaitForReady() {
		die(errors.New("the plugin was not ready in time"))
	}
	time.Sleep(200 * time.Millisecond) // informers are synced; the policies are compiled a moment later
	fmt.Fprintf(os.Stderr, "%d policies, %d bindings\n", policies, bindings)

	interfaces := admission.NewObjectInterfacesFromScheme(scheme.Scheme)
	out := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<26)
	for lines.Scan() {
		if len(lines.Bytes()) > 0 {
			die(out.Encode(ask(plugin, lines.Bytes(), interfaces)))
		}
	}
	die(lines.Err())
}

package trigger

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/mapjob/mapjob/constructs/internal/refusal"
)

// validateSecret refuses a secret that another webhook of the app has too, if the
// signed bytes of one of them do not say for which webhook they are: a request to one
// could be sent to the other.
func (a *authorization) validateSecret(scope constructs.Construct, found *refusal.Problems) {
	if a.secret == nil {
		return
	}
	for _, other := range *scope.Node().Root().Node().FindAll(constructs.ConstructOrder_PREORDER) {
		w, ok := other.(*webhook)
		if ok && w.secret != nil && (a.nameless || w.nameless) && sameSecret(a.secret, w.secret) {
			found.Add("Authorization.Secret: got the secret of %s, expected another one: under StandardWebhooks the signed bytes do not say "+
				"for which webhook they are, so that a request to one webhook could be sent to the other", *w.Node().Path())
		}
	}
}

// sameSecret reports whether two constructs are certainly the same secret, which may
// have been imported more than once, by its ARN or its name.
func sameSecret(a, b awssecretsmanager.ISecret) bool {
	if *a.SecretArn() == *b.SecretArn() {
		return true
	}
	known := !*awscdk.Token_IsUnresolved(a.SecretName()) && !*awscdk.Token_IsUnresolved(b.SecretName())
	return known && *a.SecretName() == *b.SecretName() && *a.Env().Region == *b.Env().Region && *a.Env().Account == *b.Env().Account
}

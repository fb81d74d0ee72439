package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
)

func TestGuarded_Invoke_makes_a_panic_the_failure_of_its_event(t *testing.T) {
	t.Parallel()
	g := guarded{lambda.NewHandler(func() { panic("what somebody wrote") })}
	answer, err := g.Invoke(t.Context(), []byte("{}"))
	if answer != nil || err == nil || strings.Contains(err.Error(), "wrote") {
		t.Errorf("Invoke = %s, %v; want an error without its words", answer, err)
	}
}
